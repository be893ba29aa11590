# SPDX-License-Identifier: Apache-2.0
"""The gate `ledger`: every line of code is explained once, in each language.

Held to it is what the chapters claim in `owns`; the rest of src/ belongs to chapters
still to come and shows in the figures only. A line owned twice is wrong anywhere.
build/ledger.json has the owner of every line.
"""

from __future__ import annotations

import json
from pathlib import Path

from learn import paths
from learn.gate import GateResult, Problem, blocked, verdict
from learn.gates import ledger_folds
from learn.say import say
from learn.site.content import LANGUAGES
from learn.site.ownership import CodeLine, code_lines, own


def run(options: object = None) -> GateResult:
    from learn import index
    from learn.site import chapters

    try:
        every = chapters.load_all()
        found = {chapter.id: list(chapter.owns) for chapter in every if not chapter.planned}
        symbols = index.load()
    except chapters.ChapterError as error:
        return verdict("ledger", {}, [Problem(error.file, 0, error.what, error.mend)])
    except index.IndexUnavailable as error:
        return blocked("ledger", str(error), index.IndexUnavailable.mend)
    return check(paths.ROOT, symbols, found, paths.BUILD / "ledger.json")


def check(
    root: Path, index, claims: dict[str, list[str]], output: Path | None = None
) -> GateResult:
    """`claims`: chapter -> the folders and files it owns, from the top of the tree."""
    lines = code_lines(root, root / "src")
    own(lines, root, root / "notes", index, sorted(claims))
    problems = _claims(root, claims)
    for line in lines.values():
        for language in LANGUAGES:
            if len(line.owners[language]) > 1:
                problems.append(_twice(line, language))
    problems += _unowned(lines, claims, index)
    problems += ledger_folds.check(root, index)
    if output:
        _write(lines, output)
    return verdict("ledger", _figures(lines, claims), sorted(set(problems)))


def _figures(lines: dict[tuple[str, int], CodeLine], claims: dict[str, list[str]]) -> dict:
    every = list(lines.values())
    claimed = [line for line in every if _claimed(line, claims)]
    return {
        "lines": len(every),
        "owned_en": sum(bool(line.owners["en"]) for line in every),
        "owned_zh": sum(bool(line.owners["zh"]) for line in every),
        "owned_twice": sum(any(len(line.owners[lang]) > 1 for lang in LANGUAGES) for line in every),
        "unowned": sum(not all(line.owners.values()) for line in every),
        "claimed": len(claimed),
        "claimed_unowned": sum(not all(line.owners.values()) for line in claimed),
    }


def _source(path: str) -> str:
    path = path.rstrip("/")
    return path if path.startswith("src/") else f"src/{path}"


def _claimed(line: CodeLine, claims: dict[str, list[str]]) -> str:
    """The chapter that claims the line's file; "" for none."""
    for chapter, owned in claims.items():
        for path in map(_source, owned):
            if line.file == path or line.file.startswith(path + "/"):
                return chapter
    return ""


def _claims(root: Path, claims: dict[str, list[str]]) -> list[Problem]:
    """A chapter that claims what is not there."""
    return [
        Problem(
            f"chapters/{chapter}/chapter.toml",
            0,
            say("ledger.no_such", path=path),
            say("ledger.no_such_mend"),
        )
        for chapter, owned in claims.items()
        for path in owned
        if not (root / _source(path)).exists()
    ]


def _twice(line: CodeLine, language: str) -> Problem:
    first, second = line.owners[language][:2]
    text = say("ledger.twice", file=line.file, code=line.line, page=first.page, first=first.line)
    return Problem(second.page, second.line, text, say("ledger.twice_mend"))


def _unowned(lines: dict[tuple[str, int], CodeLine], claims: dict, index) -> list[Problem]:
    """A work list: one problem for each symbol of which a claiming chapter does not show
    all, with the languages that lack it."""
    missing: dict[tuple[str, str, str], list[CodeLine]] = {}
    for line in lines.values():
        if not all(line.owners.values()) and (chapter := _claimed(line, claims)):
            symbol = _outermost(line, index)
            missing.setdefault((chapter, line.file, symbol), []).append(line)
    return [
        _not_shown(chapter, file, symbol, block)
        for (chapter, file, symbol), block in missing.items()
    ]


def _outermost(line: CodeLine, index) -> str:
    """The name of the largest symbol around a line; "" outside of all."""
    around = [s for s in index.in_file(line.file) if s.start <= line.line <= s.end]
    largest = max(around, key=lambda s: s.end - s.start, default=None)
    return index.spoken(largest) if largest else ""


def _not_shown(chapter: str, file: str, symbol: str, block: list[CodeLine]) -> Problem:
    lacking = [lang for lang in LANGUAGES if any(not line.owners[lang] for line in block)]
    key = "unowned" if symbol else "unowned_lines"
    values = {"symbol": symbol, "first": block[0].line, "last": block[-1].line,
              "languages": ", ".join(lacking), "chapter": chapter}  # fmt: skip
    pages = ", ".join(f"notes/{lang}/{chapter}.md" for lang in lacking)
    mend = say(f"ledger.{key}_mend", symbol=symbol, pages=pages)
    return Problem(file, block[0].line, say(f"ledger.{key}", **values), mend)


def _write(lines: dict[tuple[str, int], CodeLine], output: Path) -> None:
    """{"file": {"line": {"en": ["03-mcache", …], "zh": […]}}}"""
    table: dict[str, dict] = {}
    for line in lines.values():
        owners = {lang: [f"{s.page}:{s.line}" for s in line.owners[lang]] for lang in LANGUAGES}
        table.setdefault(line.file, {})[str(line.line)] = owners
    output.parent.mkdir(parents=True, exist_ok=True)
    part = output.with_suffix(".part")
    part.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    part.replace(output)
