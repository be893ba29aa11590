# SPDX-License-Identifier: Apache-2.0
"""Turns the directives of one page into Markdown and HTML.

Whatever cannot be resolved becomes a Problem with the page's own file and line,
the names that come near, and what to do; the strict build then fails.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from learn.gate import Problem
from learn.index.symbol import SymbolError
from learn.say import say
from learn.site import (
    asked,
    lists,
    made,
    measured,
    measured_tables,
    overviews,
    pasted,
    pieces,
    source_list,
    step_list,
    trace_figure,
    try_first,
)
from learn.site.api_links import ApiLinks, UnknownApi
from learn.site.chapters import load_all
from learn.site.directives import BLOCKS, NAMES, Directive, find, touching_pieces
from learn.site.places import Places, source_page
from learn.site.shown_code import ShownCode
from learn.site.trace_figure import UnknownTrace
from learn.upstream import UnknownUpstream


@dataclass
class Sources:
    """What the directives look things up in; the same for every language."""

    root: Path
    index: object  # learn.index.Index
    upstream: Callable  # symbol -> UpstreamSymbol, or raises UnknownUpstream
    traces: Path
    api: ApiLinks | None = None
    places: Places | None = None  # None: no name is a link
    files: dict[str, str] = field(default_factory=dict)  # of the site, which pages ask for

    def put_files(self, site: Path) -> None:
        for name, text in self.files.items():
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            (site / name).write_text(text, encoding="utf-8")


@dataclass
class PageText:
    """One page: its file as people read it, its language, how deep it lies."""

    file: str
    language: str
    to_root: str  # "" or "../": from the page to the site's root
    traces: dict[str, dict] = field(default_factory=dict)  # the recordings that it shows
    alone: set[str] = field(default_factory=set)  # those that have a figure of their own
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shown = ShownCode(Path(self.file).stem, self.language)

    def wrong(self, directive: Directive, key: str, near: object = "", **values: object) -> str:
        listed = ", ".join(map(str, near)) if isinstance(near, list) else str(near)
        key = key if "." in key else f"site.{key}"
        text = say(key, what=directive.text, **values)
        if listed:
            text += say("site.near", near=listed)
        mend = say(f"{key}_mend", **values)
        self.problems.append(Problem(self.file, directive.line, text, mend))
        return f"`{directive.text}`"


def expand(markdown: str, page: PageText, sources: Sources) -> str:
    """The page with each directive replaced; problems are left in page.problems."""
    lines = markdown.splitlines()
    found = find(markdown)
    page.traces = _shown(found, sources)
    page.alone = {directive.argument for directive in found if directive.name == "trace"}
    for directive in reversed(found):
        line = lines[directive.line - 1]
        shown = _resolve(directive, page, sources)
        if directive.name in BLOCKS and directive.alone:
            shown = "\n".join(f"{directive.indent}{row}".rstrip() for row in shown.split("\n"))
            lines[directive.line - 1] = shown
        else:
            lines[directive.line - 1] = line[: directive.start] + shown + line[directive.end :]
    for first, second in touching_pieces(markdown):
        page.wrong(second, "touching", line=first.line)
    page.problems += pasted.problems(markdown, page.file)
    page.problems.sort()
    return pasted.without_marks("\n".join(lines) + "\n")


def _resolve(directive: Directive, page: PageText, sources: Sources) -> str:
    if directive.name not in NAMES:
        return page.wrong(directive, "unknown_directive", list(NAMES))
    if not directive.argument or (directive.more and directive.name not in ("steps", "beside")):
        return page.wrong(directive, "unreadable")
    if directive.name in BLOCKS and not directive.alone:
        return page.wrong(directive, "not_alone")
    return _RESOLVERS[directive.name](directive, page, sources)


def _piece(directive: Directive, page: PageText, sources: Sources) -> str:
    try:
        piece = pieces.cut(sources.index, directive.argument, sources.root)
    except SymbolError as error:
        key = "unknown_symbol" if error.what.startswith("unknown") else "ambiguous_symbol"
        return page.wrong(directive, key, error.candidates)
    except pieces.PieceError as error:
        return page.wrong(directive, "no_section", reason=str(error))
    if len(piece) > pieces.MAX_LINES:
        return page.wrong(directive, "too_long", lines=len(piece), limit=pieces.MAX_LINES)
    mark = page.shown.add(piece, sources, owns=directive.name == "src")
    caption = " · ".join(_caption(piece, directive, page, sources))
    return "\n".join([mark, "", caption, "{ .piece-source }", ""])


def _src(directive: Directive, page: PageText, sources: Sources) -> str:
    """A piece; folded when an exercise asks for it first."""
    shown = _piece(directive, page, sources)
    exercise = directive.options.get(try_first.OPTION)
    if exercise is None:
        return shown
    if exercise not in (there := asked.exercises(sources.root)):
        page.problems.append(try_first.unknown(directive, page.file, exercise, there))
        return shown
    return try_first.fold(shown, exercise, page.language, sources.root)


def _caption(piece, directive: Directive, page: PageText, sources: Sources) -> list[str]:
    """File, function, and where the original has it."""
    name = f"<code>{html.escape(piece.short_name)}</code>"
    if sources.api is not None:
        try:
            target = sources.api.find(piece.symbol.name)
            name = f'<a href="{page.to_root}api/{target}">{name}</a>'
        except UnknownApi:
            pass  # only what is declared in a header has a page there
    place = f"{piece.file}:{piece.start}–{piece.end}"
    if piece.file.startswith("src/"):
        place = f'<a href="{source_page(piece.file)}#L{piece.start}">{place}</a>'
    parts = [place, name]
    wanted = directive.options.get("upstream")
    for guess in [wanted] if wanted else go_names(piece.short_name):
        try:
            parts.append(
                trace_figure.text("original", page.language)
                + _upstream_link(_original(guess, sources))
            )
            break
        except UnknownUpstream as error:
            if wanted:
                near = error.candidates
                parts.append(page.wrong(directive, "unknown_upstream", near))
    functions = step_list.functions_of(piece, sources.index)
    label = trace_figure.text("runs_in", page.language)
    return parts + step_list.ran_in(page.traces, functions, label)


def _shown(found: list[Directive], sources: Sources) -> dict[str, dict]:
    """The recordings that a page shows, by name. One that is unknown or broken is told
    where the page asks for it."""
    names = {name for directive in found for name in trace_figure.shown_by(directive)}
    shown = {}
    for name in names:
        with suppress(UnknownTrace, trace_figure.BrokenTrace):
            shown[name] = trace_figure.read(name, sources.traces)
    return shown


def go_names(name: str) -> list[str]:
    """What Go may call a method of ours: the same word, in its case."""
    owner, _, method = name.rpartition("::")
    owner = owner.rpartition("::")[2]
    words = [word for word in method.split("_") if word]
    if not owner[:1].isupper() or not words:
        return []
    camel = "".join(word[:1].upper() + word[1:] for word in words)
    private = camel[:1].lower() + camel[1:]
    owners = [owner, owner[:1].lower() + owner[1:]]
    return [f"{o}.{m}" for o in owners for m in (camel, private)]


def _original(name: str, sources: Sources):
    """The original's symbol. LinkBuffer is an alias there, of UnsafeLinkBuffer."""
    try:
        return sources.upstream(name)
    except UnknownUpstream:
        if not name.startswith("LinkBuffer."):
            raise
        return sources.upstream(f"Unsafe{name}")


def _upstream_link(symbol) -> str:
    return f"[`{symbol.symbol}` {symbol.file}:{symbol.line}]({symbol.url})"


def _upstream(directive: Directive, page: PageText, sources: Sources) -> str:
    try:
        return _upstream_link(_original(directive.argument, sources))
    except UnknownUpstream as error:
        near = error.candidates
        return page.wrong(directive, "unknown_upstream", near)


def _api(directive: Directive, page: PageText, sources: Sources) -> str:
    name = f"<code>{html.escape(directive.argument)}</code>"
    if sources.api is None:
        return page.wrong(directive, "no_api")
    try:
        return f'<a href="{page.to_root}api/{sources.api.find(directive.argument)}">{name}</a>'
    except UnknownApi as error:
        return page.wrong(directive, "unknown_api", error.candidates)


def _trace(directive: Directive, page: PageText, sources: Sources) -> str:
    try:
        if directive.name == "trace":
            return trace_figure.figure(directive, page.language, sources, page.to_root)
        if len(trace_figure.shown_by(directive)) != 2:
            return page.wrong(directive, "not_two")
        return trace_figure.beside(directive, page.language, sources, page.to_root, page.alone)
    except UnknownTrace as error:
        return page.wrong(directive, "unknown_trace", error.candidates)
    except trace_figure.BrokenTrace as error:
        return page.wrong(directive, "broken_trace", reason=error)
    except trace_figure.NoBranch as error:
        return page.wrong(directive, "no_branch", error.candidates, name=error, of=error.of)
    except Exception as error:  # the recorder's own errors: one line, at this page
        return page.wrong(directive, "no_diagram", reason=str(error).splitlines()[0])


def _steps(directive: Directive, page: PageText, sources: Sources) -> str:
    name = directive.argument
    try:
        trace = trace_figure.read(name, sources.traces)
        if name not in page.traces:
            return page.wrong(directive, "steps_without_trace", name=name)
        label = trace_figure.text("steps_label", page.language, title=trace["title"][page.language])
        return step_list.block(trace, page.language, directive.more, label)
    except UnknownTrace as error:
        return page.wrong(directive, "unknown_trace", error.candidates)
    except trace_figure.BrokenTrace as error:
        return page.wrong(directive, "broken_trace", reason=error)
    except step_list.NoSuchSteps as error:
        return page.wrong(directive, error.key, name=name, there_is=error.there_is)


def _all(directive: Directive, page: PageText, sources: Sources) -> str:
    name = directive.argument
    if name == "source":
        titles = {c.id: f"{c.number} · {c.title[page.language]}" for c in load_all(sources.root)}
        return source_list.listing(sources.root, page.language, sources.index, titles)
    if name in overviews.LISTS:
        try:
            return overviews.LISTS[name](sources, page)
        except overviews.CannotList as error:
            return page.wrong(directive, "no_diagram", reason=str(error))
    if name not in lists.LISTS:
        return page.wrong(directive, "unknown_list", [*lists.LISTS, *overviews.LISTS, "source"])
    return lists.LISTS[name](sources.root, page.language)


def _measured(directive: Directive, page: PageText, sources: Sources) -> str:
    try:
        if directive.name == "measured_table":
            return measured_tables.made(directive.argument, page.language, sources.root)
        if directive.name == "measured_chart":
            return measured.picture(directive.argument, page.language, sources.root)
        return measured.value(directive.argument, directive.options, sources.root)
    except measured.NotMeasured as error:
        return page.wrong(directive, "not_measured", error.there_is, missing=error)


_RESOLVERS = {
    "src": _src,
    "quote": _piece,
    "upstream": _upstream,
    "api": _api,
    "trace": _trace,
    "beside": _trace,
    "steps": _steps,
    "all": _all,
    **made.RESOLVERS,
    **dict.fromkeys(measured.NAMES, _measured),
}
