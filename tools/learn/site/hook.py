# SPDX-License-Identifier: Apache-2.0
"""MkDocs' hook: the chapters in the navigation, the directives in the pages.

MkDocs builds once per language with this one module, so what the directives look
things up in is loaded once, on the first page.
"""

from __future__ import annotations

import functools
import logging
import sys
from pathlib import Path

import markdown

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from learn import paths
from learn.exercise import catalogue
from learn.site import (
    chapters,
    content,
    exercise_pages,
    lab_pages,
    listing,
    terms,
    trace_figure,
)
from learn.site.api_links import ApiLinks
from learn.site.expand import PageText, Sources, expand
from learn.site.places import Places
from learn.site.source_pages import TEMPLATE, Browser
from learn.site.tree_pages import Book
from learn.teacher import lab as labs

log = logging.getLogger("mkdocs.hooks.learn")


@functools.cache
def sources() -> Sources:
    """Loaded once, shared by the languages."""
    from learn import index, upstream

    tag = content.TAGFILE
    symbols = index.load()
    return Sources(
        root=paths.ROOT,
        index=symbols,
        upstream=upstream.find,
        traces=paths.TRACES,
        api=ApiLinks(tag) if tag.is_file() else None,
        places=Places(symbols, paths.ROOT, paths.NOTES, content.chapter_ids()),
    )


@functools.cache
def titles(language: str) -> dict[str, str]:
    """Of each chapter's page, with its number."""
    return {
        f"{chapter.id}.html": f"{chapter.number} · {chapter.title[language]}"
        for chapter in chapters.load_all()
    }


def on_config(config):
    """The book's order: the pages before the chapters, then the chapters."""
    try:
        chapters.load_all()
    except chapters.ChapterError as error:
        log.warning("%s", error)
    config.nav = content.navigation()
    # The theme would read every page once more, for an index that search.py replaces.
    config.plugins["material/search"].search_index.add_entry_from_context = lambda page: None
    return config


def on_page_read_source(page, config):
    """The page with its directives expanded; each problem is a warning, so that
    the strict build fails."""
    source = Path(page.file.abs_src_path)
    markdown = source.read_text(encoding="utf-8")
    text = PageText(
        file=paths.relative(source),
        language=content.language_of(source),
        to_root="../" * page.file.dest_uri.count("/"),
    )
    expanded = expand(markdown, text, sources())
    page.shown_code, page.to_root, page.expanded = text.shown, text.to_root, expanded
    for problem in text.problems:
        log.warning("%s", problem)
    return expanded


def on_page_markdown(markdown, page, config, files):
    """A chapter's number stands before its title, in the navigation too."""
    number = page.file.name.partition("-")[0]
    if number.isdecimal() and "title" in page.meta:
        page.meta["title"] = f"{int(number)} · {page.meta['title']}"
    return markdown


def on_page_content(html, page, config, files):
    """The first use of a term leads to the glossary; a line end between two Chinese
    characters is no space. Then the pieces of code, and the player."""
    language = content.language_of(Path(page.file.abs_src_path))
    if terms.has_links(page.file.name):
        html = terms.link_first_uses(html, language, paths.NOTES / "glossary.toml")
    if language == "zh":
        html = content.join_chinese(html)
    html = page.shown_code.put_in(html, titles(language), page.to_root, sources().files)
    return trace_figure.with_player(html, page.to_root)


def on_post_page(output, page, config):
    """What the theme leaves out for those who do not use a mouse or a screen."""
    language = content.language_of(Path(page.file.abs_src_path))
    return listing.squeezed(content.accessible(output, language))


def on_post_build(config):
    """The pictures, the files that only scripts read, and the source browser, the exercises
    and the labs of each language whose pages stand. MkDocs comes here once for each language,
    in an order of the plugin's own."""
    top = Path(config.site_dir)
    trace_figure.put_pictures(top)
    sources().put_files(top)
    for language, folder in (("en", top), ("zh", top / "zh")):
        if (folder / TEMPLATE).is_file() and not (folder / "source").is_dir():
            known = sources()
            browser = Browser(known.index, known.places, paths.ROOT, language, titles(language))
            browser.write(folder, "../" * (folder != top))
            sound, _ = catalogue.whole()  # a broken one is told by its gate
            book = Book(paths.ROOT, language, titles(language), {one.id: one for one in sound},
                        _reader(config))  # fmt: skip
            for wrong in (*exercise_pages.write(folder, book),
                          *lab_pages.write(folder, book, labs.whole())):  # fmt: skip
                log.warning("%s", wrong)


def _reader(config):
    """Reads Markdown as the pages are read."""
    reader = markdown.Markdown(extensions=config["markdown_extensions"],
                               extension_configs=config["mdx_configs"])  # fmt: skip
    return lambda text: reader.reset().convert(text)
