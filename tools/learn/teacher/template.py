# SPDX-License-Identifier: Apache-2.0
"""Pages of one file: a Jinja template of templates/, with its style and script inside.

In a template `words("rate")` is the text [rate] of the page's area of messages/, and
`file("report.css")` a file beside it, as it stands. All else is escaped.
"""

from __future__ import annotations

import functools
from pathlib import Path

import jinja2
from markupsafe import Markup

from learn.say import area_messages, language

FOLDER = Path(__file__).with_name("templates")


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True,
    )  # fmt: skip


def render(name: str, area: str, tongue: str = "", **values: object) -> str:
    """`tongue`: the page's language; else the person's."""
    tongue = tongue or language()

    def words(key: str, **places: object) -> str:
        return area_messages(area)[key][tongue].format(**places)

    def file(asset: str) -> Markup:
        return Markup((FOLDER / asset).read_text("utf-8"))

    template = _environment().get_template(name)
    return template.render(values, words=words, file=file, language=tongue)
