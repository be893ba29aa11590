# SPDX-License-Identifier: Apache-2.0
"""The site of a process that has built it, and keeps what MkDocs knew: its configuration,
navigation, templates and pages. So it can make one page again in the time of one page.

    live = Live()
    live.build(strict=True)               all of it, into content.FRESH
    live.render([changed, …])             the pages that show what changed, into content.SITE
    live.lists()                          those whose list of other pages' prose is another now

A page is made by the functions that made it in the whole build, from the same state, and
what it takes from other pages is what these were at that build. `Rendered.whole` says
that more has changed than a page can be made from; then another process builds the site.
"""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mkdocs.commands import build as mkdocs_build
from mkdocs.config import load_config
from mkdocs.exceptions import MkDocsException
from mkdocs.plugins import BasePlugin

from learn import paths
from learn.gate import Problem
from learn.site import build, content, outline, search, search_words, trace_figure

# Of an exercise: its page is made with all the others.
ON_ITS_OWN_PAGE = ("exercise.toml", *(f"README.{language}.md" for language in content.LANGUAGES))
MUTANTS = "mutants"  # what they say stands on the teacher's pages of the labs
SPARE = content.SITE.with_suffix(".page")  # a page until it is whole
Part = dict[str, Any]  # of one language: env, files, nav


@dataclass
class Rendered:
    """What became of some changes."""

    pages: list[str] = field(default_factory=list)  # of the site, that were made
    problems: list[Problem] = field(default_factory=list)  # of those that were not
    whole: bool = False  # more than these pages has to be made


class _Heard(logging.Handler):
    """The warnings of MkDocs and of our hook, as `mkdocs build` prints them."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname:<7} -  {record.getMessage()}")

    def __enter__(self) -> _Heard:
        logging.getLogger("mkdocs").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("mkdocs").removeHandler(self)

    @property
    def problems(self) -> list[Problem]:
        return build.read_log("\n".join(self.lines))


class _Listener(BasePlugin):
    """Keeps what MkDocs hands to its plugins while it builds a language."""

    def __init__(self, parts: dict[str, Part], language) -> None:
        super().__init__()
        self.parts, self.language = parts, language

    def on_env(self, env, *, config, files):
        self.parts.setdefault(self.language(), {}).update(env=env, files=files)

    def on_page_context(self, context, *, page, config, nav):
        self.parts[self.language()]["nav"] = nav


class Live:
    """One build of the site, and the pages that were made again since."""

    def __init__(self) -> None:
        self.parts: dict[str, Part] = {}
        self.outlines: dict[Path, str] = {}  # of each page, when MkDocs read it or before
        self.differ: set[Path] = set()  # pages whose outline is another one now
        self.strict = True

    def build(self, strict: bool) -> list[Problem]:
        self.strict = strict
        return build.make(strict, pages=self._all_pages)

    def _all_pages(self, output: Path, strict: bool) -> list[Problem]:
        """As `mkdocs build`, in this process."""
        files = [f for lang in content.LANGUAGES for f in (paths.NOTES / lang).glob("*.md")]
        self.outlines = {file: outline.of(file.read_text(encoding="utf-8")) for file in files}
        with _Heard() as heard:
            try:
                self.config = load_config(str(paths.ROOT / "mkdocs.yml"), site_dir=str(output),
                                          strict=strict)  # fmt: skip
                self.i18n = self.config.plugins["i18n"]
                self.config.plugins["learn/live"] = _Listener(
                    self.parts, lambda: self.i18n.current_language)
                self.config.plugins.on_startup(command="build", dirty=False)
                mkdocs_build.build(self.config)
            except MkDocsException as error:
                return heard.problems or [Problem("mkdocs.yml", 0, str(error), "")]
        return []

    @functools.cached_property
    def cutter(self) -> search_words.Cutter:
        return search_words.Cutter(search_words.dictionary())

    def render(self, changed: Iterable[Path]) -> Rendered:
        """Makes every page again that shows one of these files."""
        done = Rendered()
        wanted = [page for file in changed for page in self._showing(file, done)]
        for page in dict.fromkeys(wanted):
            self._again(page, done)
        if self.strict and done.problems:
            done.whole = False  # it would end with the same words
        return done

    def _showing(self, file: Path, done: Rendered) -> list[Path]:
        """The pages that show it, as far as they can be made alone."""
        if file in self.outlines and file.is_file():
            now = outline.of(file.read_text(encoding="utf-8"))
            (self.differ.add if now != self.outlines[file] else self.differ.discard)(file)
            # The source browser is made from the built page of that name.
            done.whole |= bool(self.differ) or file.stem == "source"
            return [file]
        inside = file.relative_to(paths.ROOT).parts if file.is_relative_to(paths.ROOT) else ()
        if inside[:1] == (paths.EXERCISES.name,) and len(inside) > 3 and file.is_file():
            done.whole |= file.name in ON_ITS_OWN_PAGE or MUTANTS in inside
            return [page for page in self.outlines if page.is_file()
                    and outline.lists_exercises(page.read_text(encoding="utf-8"), inside[1])]
        done.whole = True
        return []

    def lists(self) -> Rendered:
        """Takes as long as a page, and is asked for when nothing changes."""
        done = Rendered()
        for path in self._other_lists():
            self._again(path, done)
        return done

    def _other_lists(self) -> list[Path]:
        """The pages with a list that came out otherwise now."""
        found = []
        for path in self.outlines:
            if path.is_file() and outline.reads_prose(path.read_text(encoding="utf-8")):
                page, before = self._page(path), self._page(path).expanded
                self._turn_to(content.language_of(path))
                if self.config.plugins.on_page_read_source(page=page, config=self.config) != before:
                    found.append(path)
                page.expanded = before
        return found

    def _page(self, path: Path):
        return self._part(path)["files"].get_file_from_path(
            path.relative_to(paths.NOTES).as_posix()).page

    def _part(self, path: Path) -> Part:
        return self.parts[content.language_of(path)]

    def _turn_to(self, language: str) -> None:
        """MkDocs has one configuration, which the plugin changes for each language."""
        if self.i18n.current_language != language:
            self.i18n.current_language = language
            self.i18n.on_config(self.config)

    def _again(self, path: Path, done: Rendered) -> None:
        """Makes one page. With a mistake in it, page and site stay as they were."""
        page, part = self._page(path), self._part(path)
        self._turn_to(content.language_of(path))
        before, made = dict(vars(page)), False
        with _Heard() as heard:
            try:
                self._fill(page, part, others=not self.differ)
                if not (self.strict and heard.lines):
                    self._write(page, part, path)
                    made = True
            except Exception as error:  # of any extension of Markdown
                heard.lines = heard.lines or [f"ERROR   -  {paths.relative(path)}:0: {error}"]
        done.problems += heard.problems
        if made:
            done.pages.append(page.file.dest_uri)
        else:
            vars(page).clear()
            vars(page).update(before)

    def _fill(self, page, part: Part, others: bool) -> None:
        """The text, and whether links lead somewhere; those of other pages too, unless the
        whole build makes them anew."""
        files = part["files"]
        mkdocs_build._populate_page(page, self.config, files)
        for each in [file.page for file in files.documentation_pages()] if others else [page]:
            each.validate_anchor_links(
                files=files, log_level=self.config.validation.links.anchors)

    def _write(self, page, part: Part, path: Path) -> None:
        """Whole or not at all: a browser may ask for it now."""
        language, name = content.language_of(path), Path(page.file.dest_uri).name
        page.file.abs_dest_path = str(SPARE)
        mkdocs_build._build_page(page, self.config, part["files"].documentation_pages(),
                                 part["nav"], part["env"])  # fmt: skip
        if language == "zh":
            search.own_base(SPARE)
        os.replace(SPARE, content.SITE / page.file.dest_uri)
        trace_figure.put_pictures(content.SITE)
        search.again(content.SITE, language, name, self.cutter)
