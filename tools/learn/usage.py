# SPDX-License-Identifier: Apache-2.0
"""What Typer says, in the person's language: `--help`, and complaints about a command line.

The code has the English sentences where they belong, beside the option they explain.
messages/usage.toml and usage_teacher.toml have each of them in both languages; a test
finds one that is missing.
"""

from __future__ import annotations

import contextlib
import functools
import io
import re
from collections.abc import Callable
from typing import Any

from learn.say import area_messages, language

# Typer's complaints, and the entries of messages/usage.toml that say the same.
COMPLAINTS = {
    r"Got unexpected extra arguments?\(?s?\)? \((?P<what>.*)\)": "extra",
    r"No such option: (?P<what>\S+) \((?:Possible options|Did you mean).*?(?P<near>--[^)?]*)\??\)":
        "no_option_near",
    r"No such option: (?P<what>\S+)": "no_option",
    r"Missing argument '?(?P<what>[^'.]*)'?\.?": "missing",
    r"Option '?(?P<what>[^']*)'? requires an argument\.?": "wants_value",
    r"Invalid value for '(?P<what>[^']*)': (?P<why>.*)": "invalid",
}  # fmt: skip


def sentences() -> dict[str, str]:
    """{English: the person's language} of every entry."""
    return {texts["en"]: texts[language()] for texts in entries().values()}


def entries() -> dict[str, dict[str, str]]:
    """Of both files. A name is in one of them."""
    return area_messages("usage") | area_messages("usage_teacher")


def translate(command: Any) -> None:
    """The helps of a command, of its parameters and of its verbs."""
    known = sentences()
    for one in (command, *command.params):
        if help_ := getattr(one, "help", None):
            one.help = known.get(help_, help_)
    for verb in getattr(command, "commands", {}).values():
        translate(verb)


def helped(run: Callable[[], int]) -> int:
    """Runs what prints a help, with its headings in the person's language."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        try:
            status = run()
        finally:
            text = out.getvalue()
    print(_headings().sub(lambda match: sentences()[match[0]], text), end="")
    return status


@functools.cache
def _headings() -> re.Pattern[str]:
    heads = [texts["en"] for name, texts in entries().items()
             if name.startswith("head_")]  # fmt: skip
    return re.compile("|".join(map(re.escape, heads)))


def complaint(said: str) -> str:
    """Typer's own words about a wrong command line, in the person's language."""
    if language() == "en":
        return said
    for pattern, key in COMPLAINTS.items():
        if match := re.match(pattern, said):
            return area_messages("usage")[key][language()].format(**match.groupdict())
    return said
