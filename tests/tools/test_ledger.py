# SPDX-License-Identifier: Apache-2.0
"""The gate ledger: a line that nobody explains, or two chapters do, is red."""

import json

import pytest

from learn.gates import ledger
from learn.index import Index
from test_directives import symbol

SOURCE = """\
// SPDX-License-Identifier: Apache-2.0
#include "poller/waker.h"

namespace netpoll {

// Rings.
void ring() {
  write();
}

void answer() {
  read();
}

}  // namespace netpoll
"""
FILE = "src/netpoll/poller/waker.cpp"
SYMBOLS = Index([symbol("ring", 7, 9, 6, file=FILE), symbol("answer", 11, 13, file=FILE)])
BOTH = '{{ src("ring") }}\n\nThen:\n\n{{ src("answer") }}\n'


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.setenv("LEARN_LANG", "en")
    source = tmp_path / FILE
    source.parent.mkdir(parents=True)
    source.write_text(SOURCE)
    for language in ("en", "zh"):
        page = tmp_path / "notes" / language / "07-waker.md"
        page.parent.mkdir(parents=True)
        page.write_text(BOTH)
    return tmp_path


def check(tree, claims=None, output=None):
    return ledger.check(tree, SYMBOLS, claims or {"07-waker": ["src/netpoll/poller"]}, output)


def test_a_file_shown_whole_is_green(tree):
    result = check(tree, output=tree / "ledger.json")
    assert result.ok
    assert result.figures["lines"] == 4  # frames, comments and lone braces apart
    assert result.figures["owned_en"] == result.figures["owned_zh"] == 4
    assert json.loads((tree / "ledger.json").read_text())[FILE]["8"]["zh"] == [
        "notes/zh/07-waker.md:1"
    ]


def test_a_line_not_shown_in_one_language_is_red(tree):
    (tree / "notes/zh/07-waker.md").write_text('{{ src("ring") }}\n')
    result = check(tree)
    assert not result.ok and result.figures["unowned"] == 2
    assert (result.problems[0].file, result.problems[0].line) == (FILE, 11)


def test_what_is_missing_is_a_list_of_symbols_with_the_directive(tree):
    """Not of line ranges: each symbol once, with the languages that lack it."""
    (tree / "notes/zh/07-waker.md").write_text("Nothing.\n")
    (tree / "notes/en/07-waker.md").write_text('{{ src("ring") }}\n')
    first, second = check(tree).problems
    assert first.text.startswith("ring, lines 7 to 8: not shown in zh")
    assert second.text.startswith("answer, lines 11 to 12: not shown in en, zh")
    assert '{{ src("answer") }} in notes/en/07-waker.md, notes/zh/07-waker.md' in second.mend


def test_a_quote_does_not_own(tree):
    (tree / "notes/en/07-waker.md").write_text(BOTH.replace('src("ring")', 'quote("ring")'))
    assert check(tree).figures["owned_en"] == 2
    assert not check(tree).ok


def test_a_line_owned_twice_is_red_also_across_chapters(tree):
    for language in ("en", "zh"):
        (tree / f"notes/{language}/09-life.md").write_text('{{ src("ring") }}\n')
    result = check(tree, {"07-waker": ["src/netpoll/poller"], "09-life": []})
    assert not result.ok and result.figures["owned_twice"] == 2


def test_what_no_chapter_claims_is_a_figure_not_a_problem(tree):
    (tree / "src/netpoll/poller/other.cpp").write_text("int unclaimed = 1;\n")
    result = check(tree, {"07-waker": [FILE]})
    assert result.ok and result.figures["unowned"] == 1 and result.figures["claimed_unowned"] == 0


def test_a_claim_of_what_is_not_there_is_red(tree):
    result = check(tree, {"07-waker": ["src/netpoll/poller", "src/nowhere"]})
    assert [problem.file for problem in result.problems] == ["chapters/07-waker/chapter.toml"]
