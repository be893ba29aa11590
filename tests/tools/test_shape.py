# SPDX-License-Identifier: Apache-2.0
"""The types of what a TOML file says: the first place where it says another one."""

import pytest

from learn import shape

SHAPE = {
    "minutes": int, "within": shape.NUMBER, "program": bool, "title": shape.BOTH,
    "tests": [str], "holes": [{"symbol": str}], "hints": ([str], {...: [str]}), "to": (str, [str]),
}  # fmt: skip


@pytest.mark.parametrize("value", [
    {}, {"minutes": 5}, {"within": 5}, {"within": 0.5}, {"program": True}, {"unknown": [1]},
    {"title": {"en": "x", "de": "y"}}, {"tests": []}, {"holes": [{}, {"symbol": "a", "x": 1}]},
    {"hints": ["a"]}, {"hints": {"a": ["b"]}}, {"to": "a"}, {"to": ["a"]},
])
def test_what_has_the_shape_is_no_problem(value):
    assert shape.problem(value, SHAPE) == ""


@pytest.mark.parametrize(("value", "says"), [
    ([], "the file must be a table"),
    ({"minutes": "5"}, "minutes must be a whole number"),
    ({"minutes": 5.0}, "minutes must be a whole number"),
    ({"minutes": True}, "minutes must be a whole number"),
    ({"within": "5"}, "within must be a number"),
    ({"program": 1}, "program must be true or false"),
    ({"title": "x"}, "title must be a table"),
    ({"title": {"en": 5}}, "title.en must be a text"),
    ({"title": {"a\nb": 5}}, "title.'a\\nb' must be a text"),
    ({"tests": ["a", 5]}, "tests[2] must be a text"),
    ({"holes": {"symbol": "a"}}, "holes must be a list"),
    ({"holes": [{}, {"symbol": []}]}, "holes[2].symbol must be a text"),
    ({"hints": ["a", 5]}, "hints[2] must be a text"),
    ({"hints": {"a": ["b", 5]}}, "hints.a[2] must be a text"),
    ({"to": [5]}, "to[1] must be a text"),
])
def test_the_first_place_of_another_type_is_named(monkeypatch, value, says):
    monkeypatch.setenv("LEARN_LANG", "en")
    assert shape.problem(value, SHAPE) == says
