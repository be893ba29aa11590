# SPDX-License-Identifier: Apache-2.0
"""The state machines of the pages: their tables and their pictures.

That the class makes these arrows and no other is tested in C++: tests/*/…_machine_test.cpp.
"""

import shutil
from types import SimpleNamespace

import pytest

from learn import paths
from learn.site import machine
from learn.site.content import LANGUAGES

NAMES = sorted(file.stem for file in (paths.DIAGRAMS / "machines").glob("*.tsv"))


@pytest.mark.parametrize("name", NAMES)
def test_a_table_and_its_words_name_the_same(name):
    found = machine.read(name, paths.ROOT)
    states = {arrow.start for arrow in found.arrows} | {arrow.to for arrow in found.arrows}
    assert states == set(found.look["states"])
    assert {arrow.event for arrow in found.arrows} == set(found.look["events"])
    assert {found.look["start"], *found.look["end"]} <= states
    for arrow in found.arrows:
        assert all(arrow.text[language].strip() for language in LANGUAGES)


@pytest.mark.parametrize("name", NAMES)
def test_the_test_that_the_caption_names_reads_this_table(name):
    told = machine.read(name, paths.ROOT).look
    text = (paths.ROOT / told["test"]).read_text(encoding="utf-8")
    assert f'drawn("{name}")' in text
    assert told["test"].rpartition("/")[2] in "".join(
        file.read_text(encoding="utf-8") for file in paths.TESTS.glob("*/CMakeLists.txt"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_state_and_every_arrow_is_on_the_page(name, language):
    if not shutil.which("dot"):
        pytest.skip("Graphviz is not installed")
    found = machine.read(name, paths.ROOT)
    shown = machine.figure(name, language, SimpleNamespace(root=paths.ROOT))
    assert "\n" not in shown
    assert "black" not in shown and "white" not in shown
    assert shown.count("<tr>") == 1 + len(found.arrows)
    for state, told in found.look["states"].items():
        assert f">{state}</text>" in shown
        assert told[language] in shown


def test_an_arrow_to_its_own_state_is_drawn_only_when_asked_for():
    drawn = machine._drawn(machine.read("worker", paths.ROOT), "en")
    assert drawn[("running", "running")] == ["a task waits"]
    assert ("idle", "idle") not in drawn


def test_an_unknown_machine_names_those_that_there_are():
    with pytest.raises(machine.UnknownMachine) as told:
        machine.read("fd_stat", paths.ROOT)
    assert told.value.candidates == NAMES
