# SPDX-License-Identifier: Apache-2.0
"""Two pages for each lab: the handout, and the teacher's page with what is made from
lab.toml. The page "Labs" leads there by the table {{ all("labs") }}, and they lead back.
"""

from __future__ import annotations

import html
from pathlib import Path

from learn.say import area_messages
from learn.site import exercise_pages, tree_pages
from learn.site.tree_pages import Book, Frame, NoSuchPage, Text
from learn.teacher import lab as labs
from learn.teacher import pages
from learn.teacher.lab import Lab

MARK = "lab"
OVERVIEW = "labs.html"


def page_of(lab: str, kind: str) -> str:
    """From the top of a language's site: `labs/L3-linkbuffer/handout.html`."""
    return f"{tree_pages.LABS}/{lab}/{kind}.html"


def slides_of(lab: Lab, language: str) -> str:
    """From there as well; "" of a lab that has none."""
    there = (lab.folder / f"slides.{language}.md").is_file()
    return tree_pages.slides_of(f"{tree_pages.LABS}/{lab.name}", language) if there else ""


def write(top: Path, book: Book, found: list[Lab]) -> list[str]:
    """Writes the pages of one language below `top`; says what is wrong in which file."""
    frame, wrong = Frame(top, book), []
    for lab in found:
        for kind in pages.KINDS:
            try:
                frame.put(page_of(lab.name, kind), text(lab, kind, book))
            except (NoSuchPage, pages.PageError) as problem:
                wrong.append(str(problem))
    return wrong


def text(lab: Lab, kind: str, book: Book) -> Text:
    """Raises PageError: an unknown directive, or no such file."""
    file = lab.folder / f"{kind}.{book.language}.md"
    told = pages.page(pages.facts(lab), kind, book.language)
    title = f"{lab.short} {lab.title[book.language]} · {words(kind, book.language)}"
    facts = _facts(lab, kind, book, tree_pages.to_top(page_of(lab.name, kind)))
    return Text(str(file.relative_to(lab.root)), told, title, MARK, facts)


def _facts(lab: Lab, kind: str, book: Book, up: str) -> str:
    language = book.language
    others = [(page_of(lab.name, other), other) for other in pages.KINDS if other != kind]
    if slides := slides_of(lab, language):
        others.append((slides, "slides"))
    chapters = [f'<a href="{up}{chapter}.html">{html.escape(book.titles[f"{chapter}.html"])}</a>'
                for chapter in lab.chapters]  # fmt: skip
    told = [
        f'<a href="{up}{OVERVIEW}">{words("labs", language)}</a>',
        *(f'<a href="{up}{page}">{words(name, language)}</a>' for page, name in others),
        *chapters,
        words("minutes", language, minutes=lab.minutes),
        words("points", language, points=lab.tested + lab.reported),
    ]
    parts = [exercise_pages.link(part.exercise.id, book, up) for part in lab.parts]
    told.append(words("exercises", language, exercises=", ".join(filter(None, parts))))
    return f'<p class="piece-source">{" · ".join(told)}</p>'


def words(key: str, language: str, **values: object) -> str:
    return area_messages("lab_page")[key][language].format(**values)


def table(root: Path, language: str) -> str:
    """Every lab: {{ all("labs") }}. Raises what a lab may raise that is broken."""
    head = words("table_head", language).split("|")
    align = ["---", "---", "---:", "---:", "---", "---", "---"]
    rows = [head, align, *(_row(labs.load(folder, root), language)
                           for folder in labs.folders(root))]  # fmt: skip
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _row(lab: Lab, language: str) -> list[str]:
    """The pages are made after MkDocs, which knows no links to them: so they are HTML."""
    chapters = ", ".join(f"[{int(name[:2])}]({name}.md)" for name in lab.chapters)
    made = {kind: page_of(lab.name, kind) for kind in pages.KINDS}
    made["slides"] = slides_of(lab, language)
    leads = [f'<a href="{page}">{words(kind, language)}</a>' if page else "–"
             for kind, page in made.items()]  # fmt: skip
    return [f"{lab.short} · {html.escape(lab.title[language])}", chapters, str(lab.minutes),
            f"{lab.tested} + {lab.reported}", *leads]  # fmt: skip
