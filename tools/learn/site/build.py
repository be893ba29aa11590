# SPDX-License-Identifier: Apache-2.0
"""Builds the site into build/site: index, reference, pages, then what is added after.

Everything is made beside and moved into place at the end: a build that fails
leaves the last good site as it was.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from learn import paths
from learn.gate import ENVIRONMENT, GREEN, RED, Problem
from learn.run import bounded
from learn.run.bounded import Limits
from learn.say import say
from learn.site import bundle, content, reference, reference_pages, search
from learn.site.api_links import ApiLinks
from learn.teacher import slides

_LOGGED = re.compile(r"^(WARNING|ERROR)\s+-\s+(.*)$")
_PLACED = re.compile(r"^([\w./-]+\.(?:md|toml|yml)):(\d+): (.*?)(?: — (.*))?$", re.DOTALL)
_ABOUT_PAGE = re.compile(r"[Dd]oc file '([^']+)'")
WORKER = paths.NODE / "node_modules" / "iframe-worker" / "shim" / "index.js"

BUILD_S = 600.0
Pages = Callable[[Path, bool], list[Problem]]  # where to, strict -> what is wrong


class SiteUnavailable(Exception):
    """Something the build needs is not installed: exit code 4."""


def run(strict: bool = True, quiet: bool = True) -> list[Problem]:
    """Builds; the problems found, none when the site stands."""
    problems = make(strict, quiet)
    if not problems:
        put_in_place()
    return problems


def make(strict: bool, quiet: bool = True, pages: Pages | None = None) -> list[Problem]:
    """The site in FRESH; `pages` makes what MkDocs makes, here or in another process."""
    from learn import index

    try:
        index.load(quiet=quiet)
        api = reference.build()
    except index.IndexUnavailable as error:
        raise SiteUnavailable(str(error)) from error
    except reference.ReferenceError as error:
        if error.could_not_run:
            raise SiteUnavailable(str(error)) from error
        return [Problem("tools/site/Doxyfile", 0, str(error), "./learn doctor")]
    if not WORKER.is_file():
        raise SiteUnavailable("npm's iframe-worker is not installed")
    fresh = content.FRESH
    shutil.rmtree(fresh, ignore_errors=True)
    problems = (pages or _mkdocs)(fresh, strict)
    if problems:
        shutil.rmtree(fresh, ignore_errors=True)
        return problems
    try:
        bundle.build(fresh / bundle.NAME)
    except bundle.NoBundler as error:
        raise SiteUnavailable(str(error)) from error
    except bundle.BadBundle as error:
        return [Problem(paths.relative(bundle.SOURCE), 0, str(error), say("site.bundle_mend"))]
    try:
        finish(fresh, api)
    except slides.SlidesError as error:
        return [Problem(error.file, error.line, error.text, "")]
    return []


def put_in_place() -> None:
    """FRESH becomes the site. A reader's browser never finds half of one."""
    old = content.SITE.with_suffix(".old")
    shutil.rmtree(old, ignore_errors=True)
    if content.SITE.is_dir():
        content.SITE.rename(old)
    content.FRESH.rename(content.SITE)
    shutil.rmtree(old, ignore_errors=True)


def finish(site: Path, api: Path) -> None:
    """What MkDocs does not make: the reference, the search, the slides of the labs."""
    from learn import index

    shutil.copytree(api, site / "api")
    known = index.load(quiet=True)
    reference_pages.add(site / "api", content.TAGFILE, known)
    search.write(site, ApiLinks(content.TAGFILE), known.symbols)
    lab_slides(site)
    shutil.copyfile(WORKER, site / "assets" / "iframe-worker.js")
    # The theme asks for one beside each language's home page.
    shutil.copyfile(site / "sitemap.xml", site / "zh" / "sitemap.xml")


def lab_slides(site: Path, root: Path = paths.ROOT) -> None:
    """labs/LAB/slides.LANG.html, each a page that needs nothing of the site."""
    for file in slides.files(root):
        slides.write(file, site / "labs", root)


def _mkdocs(output: Path, strict: bool) -> list[Problem]:
    command = [sys.executable, "-m", "mkdocs", "build", "-f", str(paths.ROOT / "mkdocs.yml")]
    command += ["-d", str(output), "--strict" if strict else "--no-strict"]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    ran = bounded.run(command, Limits(seconds=BUILD_S), cwd=paths.ROOT, env=environment)
    if ran.status == 0:
        return []
    last = ran.why or (ran.output.strip().splitlines() or ["failed"])[-1]
    return read_log(ran.output) or [Problem("mkdocs.yml", 0, last, "")]


def read_log(log: str) -> list[Problem]:
    """The warnings of MkDocs and of our hook as problems, each once."""
    problems: dict[Problem, None] = {}
    for line in log.splitlines():
        if not (logged := _LOGGED.match(line)):
            continue
        text = logged.group(2)
        if placed := _PLACED.match(text):
            file, number, what, mend = placed.groups()
            problems[Problem(file, int(number), what, mend or "")] = None
        else:
            about = _ABOUT_PAGE.search(text)
            file = f"notes/{about.group(1)}" if about else "mkdocs.yml"
            problems[Problem(file, 0, text, "")] = None
    return list(problems)


def build(strict: bool = True, maker: Callable[[bool], list[Problem]] = run) -> int:
    """For the command line: builds, prints one line a problem, exit code."""
    try:
        problems = maker(strict)
    except SiteUnavailable as error:
        print(say("site.unavailable", reason=error), file=sys.stderr)
        return ENVIRONMENT
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        return RED
    print(say("site.built", where=paths.relative(content.SITE)))
    return GREEN
