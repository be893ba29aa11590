# SPDX-License-Identifier: Apache-2.0
"""The book as a PDF, one a language: printed by Chromium from one long page.

Chromium writes the links and the outline itself. Printing is bounded in time and memory.
"""

from __future__ import annotations

import json
from pathlib import Path

from learn import paths
from learn.run import bounded
from learn.run.bounded import Limits
from learn.say import area_messages, say
from learn.setup import node
from learn.site import content, print_page

PRINTER = paths.NODE / "print.mjs"
PRINT_S = 600.0
MEMORY = 3 << 30
LARGEST = 20 << 20  # bytes of one PDF


class NoPrinter(Exception):
    """Chromium or node is missing, or did not do it: one line."""


def target(language: str) -> Path:
    return paths.BUILD / f"annotated-netpoll-{language}.pdf"


def write(site: Path = content.SITE) -> list[tuple[Path, int]]:
    """Prints each language; the files and their sizes."""
    program, browser = _programs()
    written = []
    for language in content.LANGUAGES:
        page = paths.BUILD / "print" / f"{language}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(print_page.combined(site, language), encoding="utf-8")
        part = target(language).with_suffix(".part")
        _print(program, browser, page, part, language)
        size = part.stat().st_size
        if size > LARGEST:
            raise NoPrinter(say("front.pdf_large", size=size, limit=LARGEST))
        part.replace(target(language))
        written.append((target(language), size))
    return written


def _programs() -> tuple[str, str]:
    """node, which has puppeteer, and Chromium."""
    program = node.program()
    if not program or not (node.MODULES / "puppeteer").is_dir():
        raise NoPrinter(say("site.no_node"))
    if found := node.browser():
        return program, found
    raise NoPrinter(say("front.no_chromium"))


def _print(program: str, browser: str, page: Path, output: Path, language: str) -> None:
    job = {"browser": browser, "page": page.resolve().as_uri(), "output": str(output),
           "title": area_messages("front")["book"][language],
           "seconds": PRINT_S}  # fmt: skip
    ran = bounded.run(
        [program, PRINTER],
        Limits(seconds=PRINT_S, memory=MEMORY),
        stdin=json.dumps(job).encode(),
        apart=True,
        env=node.environment(),
    )
    if ran.why or ran.status or not output.is_file():
        said = [line for line in ran.errors.splitlines() if line.strip()] or ["?"]
        raise NoPrinter(say("front.not_printed", reason=ran.why or said[0].strip()))
