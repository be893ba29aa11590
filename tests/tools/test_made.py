# SPDX-License-Identifier: Apache-2.0
"""The directives that show what is checked: a wrong one names its line and what to do."""

from types import SimpleNamespace

import pytest

from learn import paths
from learn.index import Index
from learn.site.content import LANGUAGES
from learn.site.directives import NAMES
from learn.site.expand import PageText, Sources, expand
from learn.site.made import RESOLVERS


@pytest.mark.parametrize(("directive", "near"), [
    ('{{ machine("fd_stat") }}', "fd_state"),
    ('{{ cast("Poller, Pollers") }}', "Pollers"),
    ('{{ experiment("turn") }}', "turn-pool"),
    ('{{ layers("sources") }}', "sources"),
    ('{{ exercises("03") }}', "03-mcache"),
])  # fmt: skip
def test_fault_a_directive_that_leads_nowhere(directive, near):
    page = PageText("notes/en/07-poller.md", "en", "")
    sources = Sources(paths.ROOT, Index([]), SimpleNamespace, paths.TRACES)
    expand(f"# Title\n\n{directive}\n", page, sources)
    assert [problem.line for problem in page.problems] == [3]
    assert near in str(page.problems[0])


def test_each_of_them_has_a_name():
    assert set(RESOLVERS) <= set(NAMES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_command_is_shown_with_what_it_printed(language):
    page = PageText(f"notes/{language}/07-poller.md", language, "")
    sources = Sources(paths.ROOT, Index([]), SimpleNamespace, paths.TRACES)
    shown = expand('1. Look:\n\n    {{ experiment("turn-pool") }}\n', page, sources)
    assert page.problems == []
    assert "        $ chapters/07-poller/turn.sh pool\n" in shown


@pytest.mark.parametrize(("language", "words"), [("en", "fill | ★★"), ("zh", "补全 | ★★")])
def test_the_exercises_of_a_chapter_are_a_table(language, words):
    page = PageText(f"notes/{language}/03-mcache.md", language, "")
    sources = Sources(paths.ROOT, Index([]), SimpleNamespace, paths.TRACES)
    shown = expand('{{ exercises("03-mcache") }}\n', page, sources)
    assert page.problems == []
    assert "| `03-mcache/1-size-classes` | " in shown
    assert words in shown
    assert "./learn start 03-mcache/1-size-classes" in shown
