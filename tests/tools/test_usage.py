# SPDX-License-Identifier: Apache-2.0
"""--help and complaints about a command line, in the person's language."""

import importlib
import re

import pytest
import typer

from learn import cli, say, usage

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def command():
    """All verbs, as --help loads them."""
    for module in cli.OWNERS:
        importlib.import_module(module).register(cli.app)
    return typer.main.get_command(cli.app)


@pytest.fixture
def chinese(monkeypatch):
    monkeypatch.setenv("LEARN_LANG", "zh")
    monkeypatch.setattr(say, "_chosen", None)


def helps(command) -> set[str]:
    own = {getattr(one, "help", None) for one in (command, *command.params)} - {None, ""}
    return own.union(*(helps(verb) for verb in getattr(command, "commands", {}).values()))


def test_every_help_has_both_languages(command, chinese):
    # The texts that come from say() are in the language of this process already.
    known = usage.sentences()
    lacking = {text for text in helps(command) if text not in known and not CHINESE.search(text)}
    assert lacking == set()


def test_no_entry_is_about_nothing(command):
    table = usage.entries()
    texts = helps(command) | {"Show this message and exit."}
    stale = [name for name, entry in table.items()
             if name.startswith("help_") and entry["en"] not in texts]  # fmt: skip
    assert stale == []


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["list", "-h"], ["check", "-h"]])
def test_a_help_in_chinese_has_no_english_sentence(chinese, capsys, words):
    assert cli.main(words) == 0
    said = capsys.readouterr().out
    assert "用法：./learn" in said.replace("： ", "：")
    for line in said.splitlines():
        assert not re.search(r"[A-Za-z]+ (the|of|and|is|it|you)\b", line), line


@pytest.mark.parametrize(("words", "says"), [
    (["run", "a", "b", "c"], "多余的内容：b c"),
    (["run", "--jsn"], "没有 --jsn 这个选项；相近的有：--json"),
    (["check", "--scripts", "x"], "--scripts 的值不对："),
    (["run", "--wholly-unknown"], "没有 --wholly-unknown 这个选项"),
])  # fmt: skip
def test_a_complaint_in_chinese(chinese, capsys, words, says):
    assert cli.main(words) == 2
    assert says in capsys.readouterr().err


def test_english_stays_as_it_is(monkeypatch, capsys):
    monkeypatch.setenv("LEARN_LANG", "en")
    monkeypatch.setattr(say, "_chosen", None)
    assert cli.main(["run", "--help"]) == 0
    assert "Compiles your files with the rest of the library" in capsys.readouterr().out
