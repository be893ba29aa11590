# SPDX-License-Identifier: Apache-2.0
"""Every message in both languages, with the same values in both."""

import string

import pytest

from learn import say
from learn.paths import MESSAGES

AREAS = sorted(file.stem for file in MESSAGES.glob("*.toml"))


def fields(text):
    return sorted({name for _, name, _, _ in string.Formatter().parse(text) if name is not None})


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_say_the_same(area):
    messages = say.area_messages(area)
    assert messages
    for key, texts in messages.items():
        assert set(texts) == {"en", "zh"}, key
        assert fields(texts["en"]) == fields(texts["zh"]), key
        assert bool(texts["en"].strip()) == bool(texts["zh"].strip()), key


@pytest.mark.parametrize(
    ("environment", "language"),
    [({"LANG": "zh_CN.UTF-8"}, "zh"), ({"LANG": "de_DE"}, "en"), ({}, "en"),
     ({"LC_ALL": "C", "LANG": "zh_CN"}, "en"), ({"LEARN_LANG": "zh", "LANG": "en"}, "zh")],
)
def test_the_locale_chooses(monkeypatch, environment, language):
    for name in ("LEARN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert say.language() == language
