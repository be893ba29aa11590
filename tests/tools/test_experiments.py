# SPDX-License-Identifier: Apache-2.0
"""The gate `experiments`: an output that has another shape is seen, a skip never passes."""

from types import SimpleNamespace

import pytest

from learn import paths
from learn.gate import ENVIRONMENT, GREEN, RED
from learn.gates import experiments
from learn.site import experiment
from learn.site.content import LANGUAGES
from learn.site.directives import find

CHECK = SimpleNamespace(write=False)
WRITE = SimpleNamespace(write=True)
TABLE = """\
[turn]
command = "cat printed"
look = ["wakes", "sleeps"]
volatile = ["addresses", "threads", "numbers"]
"""
PRINTED = "12 calls 0xabc\n12 wakes 7\n13 sleeps\n"


@pytest.fixture
def root(tmp_path):
    chapter = tmp_path / "chapters" / "07-poller"
    chapter.mkdir(parents=True)
    (chapter / "experiments.toml").write_text(TABLE)
    (tmp_path / "build" / "release" / "bin").mkdir(parents=True)
    (tmp_path / "printed").write_text(PRINTED)
    assert experiments.run(WRITE, tmp_path).figures["recorded"] == 1
    return tmp_path


def table(root, text):
    (root / "chapters" / "07-poller" / "experiments.toml").write_text(text)


def test_what_differs_from_run_to_run_is_not_compared(root):
    (root / "printed").write_text(PRINTED.replace("12", "345").replace("abc", "123def"))
    result = experiments.run(CHECK, root)
    assert result.exit_code() == GREEN
    assert result.figures["same"] == 1


@pytest.mark.parametrize("now", [
    PRINTED.replace("wakes", "sends"),       # a line to look for is not there
    "13 sleeps\n12 calls 0x1\n12 wakes 7\n",  # in another order
    PRINTED + "14 sleeps\n",                 # one line more
    PRINTED.replace("calls", "call"),        # a word that is no number
    "",
])  # fmt: skip
def test_fault_another_shape_is_red(root, now):
    (root / "printed").write_text(now)
    result = experiments.run(CHECK, root)
    assert result.exit_code() == RED
    assert "turn" in result.problems[0].text


def test_fault_a_recording_that_lacks_the_line_to_look_for(root):
    (root / "chapters" / "07-poller" / "recorded" / "turn.txt").write_text("calls\n")
    assert experiments.run(CHECK, root).exit_code() == RED


def test_fault_a_command_that_fails(root):
    table(root, TABLE.replace("cat printed", "cat printed; false"))
    assert experiments.run(CHECK, root).exit_code() == RED
    table(root, TABLE.replace("cat printed", "sleep 5").replace("[turn]", "[turn]\nseconds = 0.2"))
    assert experiments.run(CHECK, root).exit_code() == RED


def test_only_the_lines_to_look_for_count_where_that_is_said(root):
    table(root, TABLE + 'shape = "looks"\n')
    (root / "printed").write_text("a new line\n1 wakes\nanother\n2 sleeps\n")
    assert experiments.run(CHECK, root).exit_code() == GREEN
    (root / "printed").write_text("2 sleeps\n1 wakes\n")
    assert experiments.run(CHECK, root).exit_code() == RED


@pytest.mark.parametrize("why", ['needs = ["no-such-program"]', ""])
def test_a_skip_is_no_pass(root, why):
    command = "cat printed" if why else "exit 77"
    table(root, TABLE.replace("cat printed", command) + why)
    result = experiments.run(CHECK, root)
    assert result.exit_code() == ENVIRONMENT
    assert result.figures["skipped"] == 1
    assert not result.ok


def test_without_a_build_nothing_has_passed(tmp_path):
    assert experiments.run(CHECK, tmp_path).exit_code() == ENVIRONMENT


def test_a_recording_is_as_long_as_a_page_shows(root):
    table(root, '[turn]\ncommand = "seq 100"\n')
    result = experiments.run(WRITE, root)
    assert result.exit_code() == RED
    assert "100" in result.problems[0].text


def test_the_page_marks_the_lines_to_look_for(root):
    shown = experiment.block("turn", "07-poller", "en", root).splitlines()
    assert shown[0] == '??? quote "What a machine printed: <code>cat printed</code>"'
    assert shown[2:4] == ['    ```text { hl_lines="3 4" }', "    $ cat printed"]
    with pytest.raises(experiment.UnknownExperiment):
        experiment.block("turns", "07-poller", "en", root)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_experiment_of_a_chapter_is_on_its_page(language):
    for each in experiment.every(paths.ROOT):
        page = paths.NOTES / language / f"{each.chapter}.md"
        shown = {d.argument for d in find(page.read_text("utf-8")) if d.name == "experiment"}
        assert each.name in shown or not shown, f"{each.chapter}: {each.name}"
        assert each.recorded(paths.ROOT).is_file()
