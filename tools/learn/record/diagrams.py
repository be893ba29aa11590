# SPDX-License-Identifier: Apache-2.0
"""Traces as SVG, one a language, for pages that put them inline.

    svg("echo", "zh")     build/diagrams/echo-zh.svg, rendered only when it changed

Mermaid CLI draws them (tools/node/render.mjs), all that are due with one browser.
Colours are the theme's CSS variables, so one picture serves light and dark.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from learn import paths
from learn.record import mermaid, trace
from learn.record.errors import EnvironmentRefuses, RecordError
from learn.run import bounded
from learn.run.bounded import Limits
from learn.say import say
from learn.setup import node

LANGUAGES = ("en", "zh")
FONTS = "'Noto Sans CJK SC','Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif"
RENDER_S = 120
INK = "var(--md-default-fg-color, #222)"
FAINT = "var(--md-default-fg-color--lighter, #999)"
GROUND = "var(--md-default-bg-color, #fff)"
PAPER = "var(--md-code-bg-color, #f5f5f5)"
ACCENT = "var(--md-accent-fg-color, #4051b5)"
STYLE = "".join((
    f"text, .messageText, .actor > tspan, .noteText, .noteText > tspan {{fill:{INK} !important}}",
    "text, .actor > tspan, .noteText, .noteText > tspan {stroke:none}",
    f".messageText {{paint-order:stroke; stroke:{GROUND} !important; stroke-width:5px}}",
    f".actor {{fill:{PAPER}; stroke:{INK}}} .actor-line {{stroke:{FAINT}}}",
    f".messageLine0, .messageLine1 {{stroke:{INK}}}",
    f"marker path {{fill:{INK} !important; stroke:{INK} !important}}",
    f".note {{fill:{PAPER}; stroke:{ACCENT}}} marker[id$=sequencenumber] circle {{fill:{ACCENT}}}",
    "text.sequenceNumber {fill:var(--md-accent-bg-color, #fff) !important}",
))
CONFIG = {
    "theme": "base",
    "themeCSS": STYLE,
    "fontFamily": FONTS,
    "htmlLabels": False,
    "deterministicIds": True,
    "deterministicIDSeed": "netpoll",
    "sequence": {"actorMargin": 70, "messageMargin": 14, "width": 120, "height": 40, "boxMargin": 4,
                 "noteMargin": 6, "mirrorActors": True, "useMaxWidth": True,
                 "messageFontSize": 14, "noteFontSize": 14, "actorFontSize": 14},
}


@dataclass(frozen=True)
class Drawing:
    """One picture: of which trace, in which language, where it goes."""

    name: str
    language: str
    source: str
    path: Path

    @property
    def key(self) -> str:
        lock = paths.NODE / "package-lock.json"
        stamp = [self.source, json.dumps(CONFIG), lock.read_text() if lock.is_file() else ""]
        return "m" + hashlib.sha256("\0".join(stamp).encode()).hexdigest()[:16]

    def is_current(self) -> bool:
        return self.path.is_file() and f'id="{self.key}"' in self.path.read_text(encoding="utf-8")


def svg(name: str, language: str) -> Path:
    """The picture of one trace; drawn now if it is not there or out of date."""
    return draw([name], (language,))[0]


def draw(names: list[str], languages: tuple[str, ...] = LANGUAGES) -> list[Path]:
    """The pictures of several traces, with one browser."""
    drawings = [Drawing(name, language, mermaid.text(recorded, language),
                        paths.BUILD / "diagrams" / f"{name}-{language}.svg")
                for name in names for recorded in [trace.read(name)] for language in languages]
    if due := [drawing for drawing in drawings if not drawing.is_current()]:
        _render(due)
    return [drawing.path for drawing in drawings]


def browser() -> str:
    if found := node.browser():
        return found
    raise EnvironmentRefuses(say("record.no_chromium"), "./learn doctor")


def _render(due: list[Drawing]) -> None:
    chromium, program = browser(), node.program()
    if not program or not (node.MODULES / "@mermaid-js" / "mermaid-cli").is_dir():
        raise EnvironmentRefuses(say("record.no_node"), "./learn doctor")
    job = {"browser": chromium, "config": CONFIG,
           "diagrams": [{"id": drawing.key, "source": drawing.source} for drawing in due]}
    ran = bounded.run([program, paths.NODE / "render.mjs"], Limits(seconds=RENDER_S),
                      stdin=json.dumps(job).encode(), apart=True)
    if ran.why:
        told = say("record.slow", seconds=RENDER_S)
        raise EnvironmentRefuses(told, say("record.again"))
    if ran.status != 0:
        lines = ran.errors.strip().splitlines() or ["no output"]
        raise RecordError(say("record.not_drawn", line=lines[0]), "./learn doctor")
    for drawing, picture in zip(due, json.loads(ran.output)):
        _write(drawing.path, own_ids(picture, drawing.key))


def own_ids(picture: str, key: str) -> str:
    """Every id of the picture its own, so that several can stand on one page."""
    ids = sorted(set(re.findall(r'\bid="([^"]+)"', picture)) - {key})
    for name in (i for i in ids if not i.startswith(key)):
        quoted = re.escape(name)
        picture = re.sub(rf'\bid="{quoted}"', f'id="{key}-{name}"', picture)
        picture = re.sub(rf'(#){quoted}(?=[")\s{{,.])', rf"\g<1>{key}-{name}", picture)
        picture = re.sub(rf'(aria-\w+="){quoted}"', rf'\g<1>{key}-{name}"', picture)
    return picture.replace("\n", " ")  # a blank line would end the page's HTML block


def _write(path: Path, picture: str) -> None:
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(picture, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        told = say("record.cannot_write", file=paths.relative(path), why=error.strerror)
        raise EnvironmentRefuses(told, say("record.make_room")) from None
