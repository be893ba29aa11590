# SPDX-License-Identifier: Apache-2.0
"""Every sentence a person reads, in the person's language.

    say("setup.ask", count=3)      messages/setup.toml, table [ask], en or zh

The language is `--lang` when given, else the locale: zh* is Chinese, all else
English. Texts live in messages/*.toml, one file an area, loaded when first used.
"""

from __future__ import annotations

import functools
import os
import tomllib

from learn.paths import MESSAGES

LANGUAGES = ("en", "zh")

_chosen: str | None = None


def use_language(language: str | None) -> None:
    """Overrides the locale, for this process and the ones it starts."""
    global _chosen
    if language is not None and language not in LANGUAGES:
        raise ValueError(f"--lang {language}: use en or zh")
    _chosen = language
    if language:
        os.environ["LEARN_LANG"] = language


def language() -> str:
    if _chosen:
        return _chosen
    inherited = os.environ.get("LEARN_LANG")
    if inherited in LANGUAGES:
        return inherited
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            return "zh" if value.startswith("zh") else "en"
    return "en"


def say(key: str, **values: object) -> str:
    """The text of `area.name`, its {placeholders} filled in."""
    area, name = key.split(".", 1)
    return area_messages(area)[name][language()].format(**values)


@functools.cache
def area_messages(area: str) -> dict[str, dict[str, str]]:
    with (MESSAGES / f"{area}.toml").open("rb") as file:
        return tomllib.load(file)
