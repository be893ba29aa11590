# SPDX-License-Identifier: Apache-2.0
"""{{ all("source") }}: every file of src/, and how many of its lines each chapter owns.

Lines of code are counted, as the ledger does: no comment, no blank line, no lone brace.
The darker a cell, the more of the file belongs to that chapter.
"""

from __future__ import annotations

import html
from collections import Counter
from pathlib import Path

from learn.say import area_messages
from learn.site.ownership import CodeLine, code_lines, own
from learn.site.places import source_page


def listing(root: Path, language: str, index, titles: dict[str, str]) -> str:
    """A heading and a table for each folder. `titles`: of the chapters, by id."""
    lines = code_lines(root, root / "src")
    own(lines, root, root / "notes", index, sorted(titles))
    folders: dict[str, dict[str, list[CodeLine]]] = {}
    for (file, _), line in lines.items():
        folder = file.removeprefix("src/").rpartition("/")[0]
        folders.setdefault(folder, {}).setdefault(file, []).append(line)
    words = {key: texts[language] for key, texts in area_messages("code").items()}
    parts = []
    for folder, files in sorted(folders.items()):
        mark = folder.replace("/", "-")
        parts += [f"## {folder} {{#folder-{mark}}}", _table(files, language, words, titles)]
    return "\n\n".join(parts)


def _table(files: dict[str, list[CodeLine]], language: str, words: dict[str, str],
           titles: dict[str, str]) -> str:
    counted = {file: _count(lines, language) for file, lines in sorted(files.items())}
    chapters = sorted({chapter for count in counted.values() for chapter in count if chapter})
    heads = "".join(
        f'<th><a href="{c}.html" title="{html.escape(titles[c])}">{int(c[:2])}</a></th>'
        for c in chapters
    )
    rows = []
    for file, count in counted.items():
        whole = sum(count.values())
        cells = "".join(_cell(count[c], whole) for c in chapters)
        name = file.rpartition("/")[2]
        rows.append(f'<tr><td><a href="{source_page(file)}">{name}</a></td>'
                    f"<td>{whole}</td>{cells}</tr>")  # fmt: skip
    total: Counter = sum(counted.values(), Counter())
    cells = "".join(_cell(total[c], sum(total.values())) for c in chapters)
    rows.append(f"<tr><th>{words['list_total']}</th><td>{sum(total.values())}</td>{cells}</tr>")
    return (f'<div class="ledger" markdown="0"><table><thead><tr><th>{words["list_file"]}</th>'
            f"<th>{words['list_lines']}</th>{heads}</tr></thead>"
            f"<tbody>{''.join(rows)}</tbody></table></div>")  # fmt: skip


def _count(lines: list[CodeLine], language: str) -> Counter:
    """Chapter -> lines; "" has those of no chapter."""
    return Counter(
        next((shown.chapter for shown in line.owners[language]), "") for line in lines
    )


def _cell(count: int, whole: int) -> str:
    if not count:
        return "<td>–</td>"
    return f'<td class="heat" style="--heat: {round(55 * count / whole)}%">{count}</td>'
