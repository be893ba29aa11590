# SPDX-License-Identifier: Apache-2.0
"""Tables of what there is: {{ all("terms") }}, {{ all("recordings") }}, {{ all("questions") }}.

They are made from the glossary, the recordings and the pages themselves, so nothing
is on a list that is not there, and nothing that is there is missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from learn.site import content, questions, step_list, trace_figure
from learn.site import terms as learned
from learn.site.trace_figure import text

_HEADING = re.compile(r"^# (.*)$", re.MULTILINE)
_FENCED = re.compile(r"^([ \t]*)(```|~~~).*?^\1\2", re.DOTALL | re.MULTILINE)
_FRONT = re.compile(r"\A---\n.*?^---$", re.DOTALL | re.MULTILINE)  # its search words are no text


def terms(root: Path, language: str) -> str:
    """Each term, the other language's word, and where it is explained, or else the
    first page that uses it."""
    other = {"en": "zh", "zh": "en"}[language]
    both = {lang: _pages(root, lang) for lang in content.LANGUAGES}
    pages = both[language]
    rows = []
    for term in content.glossary(root / "notes" / "glossary.toml"):
        mine = term[language]
        explained = learned.explained_in(term, both)
        anchor = learned.place(pages[explained], mine) if explained else ""
        page = explained or next((page for page in pages if _uses(pages[page], mine)), None)
        word = f'<span id="{learned.slug(term)}">{mine[0]}</span>'
        rows.append((mine[0].lower(), word, term[other][0], _link(page, pages, anchor)))
    body = [row[1:] for row in sorted(rows)]
    return _table(text("terms_head", language).split("|"), body)


def recordings(root: Path, language: str) -> str:
    """Each recording, how many steps and threads it has, and where it is shown. What if
    something goes wrong stands below the recording that it is a branch of."""
    pages = _pages(root, language)
    folder = root / "diagrams" / "traces"
    traces = {file.stem: trace_figure.read(file.stem, folder) for file in folder.glob("*.json")}
    rows = []
    for name in sorted(traces, key=lambda name: (_base(name, traces[name]), name)):
        trace = traces[name]
        first = trace.get("what_if", {}).get("fork", 1)
        shown = [_link(page, pages, f"#{step_list.target(name, first)}") for page in pages
                 if _shows(pages[page], name)]
        lanes = text("list_separator", language).join(
            lane[language] for lane in trace["lanes"])
        rows.append((_told(trace, language), str(len(trace["steps"])), lanes,
                     "<br>".join(shown) or f"`./learn record {name}`"))
    return _table(text("recordings_head", language).split("|"), rows)


def _base(name: str, trace: dict) -> str:
    return trace["what_if"]["of"] if "what_if" in trace else name


def _told(trace: dict, language: str) -> str:
    if "what_if" not in trace:
        return trace["title"][language]
    return "↳ " + trace["what_if"]["title"][language]


def _shows(page: str, name: str) -> bool:
    """`{{ trace("echo", …) }}` shows echo, and each what-if that follows."""
    asked = "".join(re.findall(r"\{\{ *trace\(([^}]*)\) *\}\}", page))
    return re.search(rf"(?<![\w+-]){re.escape(name)}(?![\w+-])", asked) is not None


# These read the prose of every chapter; the other lists no more than learn.site.outline.
OF_PROSE = ("terms", "recordings")
LISTS: dict[str, Callable[[Path, str], str]] = {
    "terms": terms, "recordings": recordings, "questions": questions.table,
}  # fmt: skip


def _pages(root: Path, language: str) -> dict[str, str]:
    """How to read, then the chapters in order: each without front matter and blocks of code."""
    folder = root / "notes" / language
    files = [*folder.glob("how-to-read.md"), *sorted(folder.glob("[0-9]*.md"))]
    texts = {file.stem: _FRONT.sub("", file.read_text(encoding="utf-8")) for file in files}
    return {name: _FENCED.sub("", text) for name, text in texts.items()}


def _uses(page: str, forms: list[str]) -> bool:
    """Chinese has no spaces between words; an English form stands for itself."""
    return any(
        re.search(rf"(?<!\w){re.escape(form)}(?!\w)" if form.isascii() else re.escape(form),
                  page, re.IGNORECASE)
        for form in forms
    )  # fmt: skip


def _link(page: str | None, pages: dict[str, str], anchor: str = "") -> str:
    if page is None:
        return "–"
    title = _HEADING.search(pages[page])
    return f"[{title.group(1) if title else page}]({page}.md{anchor})"


def _table(head: list[str], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.strip() for cell in line) + " |" for line in lines)
