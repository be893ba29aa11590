# SPDX-License-Identifier: Apache-2.0
"""chapter.toml, exercise.toml, lab.toml and scenarios: whatever stands in them, what reads
them returns what the course can use, or says in one line what is wrong."""

from __future__ import annotations

import dataclasses
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fuzz_helpers import TEXT, bent, is_one_line, toml
from lab_helpers import lab_tree
from learn.exercise import catalogue
from learn.exercise.model import ExerciseError
from learn.record import scenario
from learn.record.errors import RecordError
from learn.site import chapters
from learn.teacher import lab
from record_helpers import DATA
from test_chapters import RIGHT

CLAMP, DOUBLE, LAB = "exercises/01-toy/1-clamp", "exercises/01-toy/2-double", "labs/L0-toy"
SAMPLES = Path(__file__).parent / "data"
MUTANT = {"symbol": "toy::clamp", "body": "return 0;", "killed_by": "Clamp.Is",
          "help": {"en": "No.", "zh": "不。"}}  # fmt: skip


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    """Whose files each example overwrites, one at a time."""
    top = lab_tree(tmp_path_factory.mktemp("toml") / "tree")
    for name in ("src/netpoll/mcache", "exercises/03-mcache/1-size-classes", "chapters/03-mcache",
                 "notes/en"):  # fmt: skip
        (top / name).mkdir(parents=True)
    (top / "exercises/03-mcache/1-size-classes/exercise.toml").touch()
    (top / "notes/en/03-mcache.md").touch()
    shutil.copytree(DATA / "diagrams", top / "diagrams")
    return top


def right(name: str) -> dict[str, Any]:
    for top in ("exercise_tree", "lab_tree", "record"):
        if (SAMPLES / top / name).is_file():
            return tomllib.loads((SAMPLES / top / name).read_text("utf-8"))
    raise AssertionError(name)


def any_of(name: str) -> st.SearchStrategy[bytes]:
    """A file that is nearly right, any TOML, any text, any bytes."""
    table = tomllib.loads(RIGHT) if name.startswith("chapters/") else right(name)
    return nearly(table)


def nearly(table: dict[str, Any]) -> st.SearchStrategy[bytes]:
    return st.one_of(bent(table).map(toml).map(str.encode), bent(table).map(toml).map(str.encode),
                     TEXT.map(str.encode), st.binary(max_size=20))  # fmt: skip


def loaded(file: Path, text: bytes, load, error: type[Exception]) -> Any:
    """What `load` returns for the file with this text, or None after one line of `error`.
    The file is as before afterwards."""
    before = file.read_bytes() if file.is_file() else None
    file.write_bytes(text)
    try:
        return load()
    except error as problem:
        assert is_one_line(problem), str(problem)
        return None
    finally:
        file.unlink() if before is None else file.write_bytes(before)


def is_texts(value: Any) -> bool:
    return all(isinstance(one, str) for one in (value if isinstance(value, list) else [value]))


def check_texts(thing: Any) -> None:
    """Each pair of languages in it is a pair of texts; each list of names has names."""
    for field in dataclasses.fields(thing):
        value = getattr(thing, field.name)
        for one in value if isinstance(value, list) else [value]:
            if dataclasses.is_dataclass(one):
                check_texts(one)
            elif isinstance(one, dict):
                assert all(is_texts(text) for text in one.values()), field.name
            elif "str" in str(field.type):
                assert isinstance(one, str), field.name


@given(any_of("chapters/03-mcache/chapter.toml"))
def test_a_chapter_loads_or_is_refused_in_one_line(tree, text):
    file = tree / "chapters/03-mcache/chapter.toml"
    found = loaded(file, text, lambda: chapters.load(file, tree), chapters.ChapterError)
    if found:
        check_texts(found)


@pytest.mark.parametrize("folder", [CLAMP, DOUBLE])
@given(data=st.data())
def test_an_exercise_loads_or_is_refused_in_one_line(tree, folder, data):
    home = tree / folder
    text = data.draw(any_of(f"{folder}/exercise.toml"))
    found = loaded(home / "exercise.toml", text, lambda: catalogue.load(home, tree), ExerciseError)
    if found:
        check_texts(found)


EXPLORE = {
    "kind": "explore", "minutes": 5, "stars": 1, "prerequisites": [],
    "title": {"en": "Count", "zh": "数"}, "after": {"en": "Why?", "zh": "为什么？"},
    "measure": "README.en.md", "programs": ["echo_server"], "preset": "record",
    "questions": [{"name": "clamp", "ask": {"en": "How many?", "zh": "几个？"}, "percent": 10}],
}  # fmt: skip
FIX = {
    "kind": "fix", "minutes": 5, "stars": 1, "prerequisites": [], "folder": "toy",
    "folder_tests": [], "title": {"en": "Mend", "zh": "修"}, "after": {"en": "Why?", "zh": "问"},
    "story": {"en": "Once.", "zh": "从前。"},
    "planted": [{"symbol": "toy::clamp", "body": "return low;"},
                {"file": "src/netpoll/toy/toy.h", "find": "int", "replace": "long"}],
}  # fmt: skip


@pytest.mark.parametrize("table", [EXPLORE, FIX], ids=["explore", "fix"])
@given(data=st.data())
def test_a_fix_or_an_explore_loads_or_is_refused_in_one_line(tree, table, data):
    home = tree / CLAMP
    text = data.draw(nearly(table))
    found = loaded(home / "exercise.toml", text, lambda: catalogue.load(home, tree), ExerciseError)
    if found:
        check_texts(found)


@given(nearly(MUTANT))
@example(b"edits = 5")
@example(b'killed_by = "A.B"\nhelp = 5\nanswer = 1')
def test_a_mutant_loads_or_is_refused_in_one_line(tree, text):
    file = tree / CLAMP / "mutants" / "any.toml"
    found = loaded(file, text, lambda: catalogue.load(tree / CLAMP, tree), ExerciseError)
    if found:
        check_texts(found)


@given(any_of(f"{CLAMP}/hints.en.toml"))
def test_hints_load_or_are_refused_in_one_line(tree, text):
    home = tree / CLAMP
    loaded(home / "hints.en.toml", text, lambda: catalogue.load(home, tree), ExerciseError)


@given(any_of(f"{LAB}/lab.toml"))
@example(b'title = {en = 5, zh = "x"}')
def test_a_lab_loads_or_is_refused_in_one_line(tree, text):
    home = tree / LAB
    found = loaded(home / "lab.toml", text, lambda: lab.load(home, tree), ExerciseError)
    if found:
        check_texts(found)


@given(any_of("diagrams/scenarios/standin.toml"))
@example(b"\x80")
@example(b"begin = false")
def test_a_scenario_loads_or_is_refused_in_one_line(tree, text):
    file = tree / "diagrams/scenarios/standin.toml"
    loaded(file, text, lambda: scenario.load("standin", tree), RecordError)
