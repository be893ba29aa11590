# SPDX-License-Identifier: Apache-2.0
"""What fits a terminal: the list of exercises, and their texts."""

import pytest
from rich.cells import cell_len

from exercise_helpers import change, exercise, tree  # noqa: F401 (fixtures)
from learn import paths
from learn.exercise import catalogue, flow, listing
from learn.exercise.model import ExerciseError


@pytest.fixture(params=["en", "zh"])
def rows(request, monkeypatch):
    monkeypatch.setenv("LEARN_LANG", request.param)
    every = catalogue.load_all(paths.ROOT)
    return [listing.Row(e, n == 0, n < 2, 2 if n == 1 else 0, n == 1) for n, e in enumerate(every)]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal_and_every_id_is_whole(rows, width):
    shown = listing.lines(rows, width)
    assert max(map(cell_len, shown)) <= width
    for row in rows:
        assert sum(f" {row.exercise.id} " in line for line in shown) == 1


def test_what_is_done_begun_and_current_is_marked(rows):
    shown = listing.lines(rows, 120)
    ids = [row.exercise.id for row in rows]
    assert [line[:2] for line in shown if f" {ids[0]} " in line] == [" ✓"]
    assert [line[:2] for line in shown if f" {ids[1]} " in line] == ["→…"]
    assert "2" in next(line for line in shown if f" {ids[1]} " in line)[len(ids[1]) + 20 :]


def test_every_chapter_says_how_many_are_done(rows):
    chapters = {row.exercise.id.split("/")[0] for row in rows}
    heads = [line for line in listing.lines(rows, 120) if " · " in line]
    assert len(heads) == len(chapters)


def test_an_unfinished_exercise_stops_nobody(tree):
    home = tree / "exercises" / "01-toy" / "2-half"
    home.mkdir()
    (home / "exercise.toml").write_text('kind = "fill"\n')
    sound, broken = catalogue.whole(tree)
    assert [e.id for e in sound] == ["01-toy/1-clamp"]
    assert "01-toy/2-half" in str(broken[0])
    assert catalogue.find("clamp", tree).id == "01-toy/1-clamp"
    with pytest.raises(ExerciseError, match="2-half/exercise.toml: needs"):
        catalogue.find("2-half", tree)


TEXT = "One idea, and it goes on\nin the next line.\n\n- a point\n- another\n"


def test_a_paragraph_is_laid_out_anew():
    assert flow.lines(TEXT, width=80) == [
        "One idea, and it goes on in the next line.", "", "- a point", "- another"]  # fmt: skip
    assert flow.joined("up to\n8 MiB, and\n`peek` too\n1. one\n2. two") == [
        "up to 8 MiB, and `peek` too", "1. one", "2. two"]  # fmt: skip
    assert max(map(len, flow.lines(TEXT * 9, indent=4, width=40))) <= 40


def test_chinese_is_joined_without_blanks_and_folded_by_its_width():
    text = "池子空了，从中心拿一批；\n记下实际拿到几块。" * 4
    assert flow.joined(text)[0].count(" ") == 0
    assert max(map(cell_len, flow.lines(text, indent=2, width=50))) <= 50
