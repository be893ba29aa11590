# SPDX-License-Identifier: Apache-2.0
"""The gate sourcemap: a missing fate, a double one or an untrue one is red."""

import dataclasses

import pytest

from learn import index, paths, sourcemap, upstream
from learn.gates import sourcemap as gate
from learn.index import Index
from learn.index.symbol import IndexUnavailable
from learn.upstream import UpstreamSymbol
from test_directives import symbol

UPSTREAM = [
    UpstreamSymbol("method", "LinkBuffer.Next", "buffer.go", 1),
    UpstreamSymbol("method", "LinkBuffer.Len", "buffer.go", 2),
    UpstreamSymbol("const", "ErrEOF", "errors.go", 3),
    UpstreamSymbol("func", "helper", "buffer.go", 4),
    UpstreamSymbol("func", "helper", "other.go", 5),
]
LIBRARY = Index([symbol("LinkBuffer::next", 1, 2), symbol("LinkBuffer::size", 3, 4)])
SUPPORT = Index([symbol("test::pair", 1, 2, file="tests/support/net.h")])
MAP = """\
symbol\tfile\tstatus\tours\twhy_en\twhy_zh
LinkBuffer.Next\tbuffer.go\tported\tLinkBuffer::next\t\t
LinkBuffer.Len\tbuffer.go\trenamed\tLinkBuffer::size\t\t
ErrEOF\terrors.go\tmerged\tLinkBuffer::next\tone of its errors\t它的一种错误
helper\tbuffer.go\tomitted\t\tnot needed\t不需要
helper\tother.go\ttest\ttest::pair\ttests only\t只有测试用
"""
WORDS = "upstream\tours\twhy_en\twhy_zh\nLen\tsize\tas C++ says\tC++ 的说法\n"


@pytest.fixture
def check(tmp_path):
    """Runs the gate on the tables above, after one replacement in each."""

    def run(old="", new="", *, words=("", "")):
        assert old in MAP and words[0] in WORDS
        (tmp_path / "map.tsv").write_text(MAP.replace(old, new, 1))
        (tmp_path / "words.tsv").write_text(WORDS.replace(*words, 1))
        rows = sourcemap.read_map(tmp_path / "map.tsv")
        exceptions = sourcemap.read_words(tmp_path / "words.tsv")
        return gate.check(UPSTREAM, rows, exceptions, [LIBRARY, SUPPORT])

    return run


def texts(result):
    return [problem.text for problem in result.problems]


def test_a_whole_map_is_green(check):
    result = check()
    assert result.ok, texts(result)
    assert result.figures == {
        "symbols": 5, "mapped": 5, "unmapped": 0, "ours": 3, "changed": 0, "omitted": 1, "planned": 0,
    }  # fmt: skip


def test_a_missing_row_is_red(check):
    result = check("helper\tother.go\ttest\ttest::pair\ttests only\t只有测试用\n")
    assert texts(result) == ["other.go:helper of the original has no row"]
    assert (result.figures["mapped"], result.figures["unmapped"]) == (4, 1)


def test_a_row_twice_is_red(check):
    row = "helper\tbuffer.go\tomitted\t\tnot needed\t不需要\n"
    result = check(row, row + row)
    assert texts(result) == ["buffer.go:helper has two rows, the first in line 5"]
    assert result.problems[0].line == 6


def test_a_symbol_that_upstream_does_not_have_is_red(check):
    result = check("helper\tother.go", "helper\tnowhere.go")
    assert "the original has no nowhere.go:helper" in texts(result)
    assert "other.go:helper of the original has no row" in texts(result)


def test_a_symbol_of_ours_that_does_not_exist_is_red_with_what_is_near(check):
    result = check("LinkBuffer::next\t\t", "LinkBuffer::nxt\t\t")
    assert "unknown symbol LinkBuffer::nxt; near: netpoll::LinkBuffer::next" in texts(result)[0]
    assert result.figures["unmapped"] == 1


def test_a_test_helper_serves_test_rows_only(check):
    result = check("merged\tLinkBuffer::next", "merged\ttest::pair")
    assert "unknown symbol test::pair" in texts(result)[0]


def test_a_changed_row_may_keep_its_word_and_must_say_what_differs(check):
    row = "ported\tLinkBuffer::next\t\t"
    result = check(row, "changed\tLinkBuffer::next\tcopies nothing\t不复制")
    assert result.ok and result.figures["changed"] == 1, texts(result)
    assert "does not say why" in texts(check(row, "changed\tLinkBuffer::next\t\t"))[0]
    assert "names nothing of ours" in texts(check(row, "changed\t\tit is\t不同"))[0]


def test_the_word_of_a_changed_row_counts_as_used(check):
    result = check("renamed\tLinkBuffer::size\t\t", "changed\tLinkBuffer::size\tcounts\t计数")
    assert result.ok, texts(result)


def test_planned_is_red_and_told_when_it_is_there(check):
    result = check("ported\tLinkBuffer::next", "planned\tLinkBuffer::soon")
    assert texts(result) == ["buffer.go:LinkBuffer.Next: LinkBuffer::soon is planned and not written"]
    assert (result.figures["planned"], result.figures["unmapped"]) == (1, 1)
    result = check("ported\tLinkBuffer::next", "planned\tLinkBuffer::next")
    assert texts(result) == [
        "buffer.go:LinkBuffer.Next: LinkBuffer::next was planned and is there now"
    ]


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("renamed\tLinkBuffer::size", "ported\tLinkBuffer::size", "is another word"),
        ("ported\tLinkBuffer::next", "renamed\tLinkBuffer::next", "is the same word"),
        ("ported\tLinkBuffer::next", "moved\tLinkBuffer::next", 'no status "moved"'),
        ("ported\tLinkBuffer::next", "ported\t", "names nothing of ours"),
        ("omitted\t", "omitted\tLinkBuffer::next", "names something of ours"),
        ("不需要", "", "in both languages"),
        ("不需要", "not Chinese", "in both languages"),
        ("not needed", "不需要", "in both languages"),
        ("LinkBuffer::next\t\t", "LinkBuffer::next\tas before\t", "belongs elsewhere"),
    ],
)
def test_a_row_that_contradicts_itself_is_red(check, old, new, text):
    result = check(old, new)
    assert text in texts(result)[0]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (("Len\tsize", "Len\tlength"), "nothing says why Len is size here"),
        (("Len\tsize", "Cap\tcapacity\tx\t字\nLen\tsize"), "no renamed row has the exception Cap"),
        (("Len\tsize", "Len\tsize\tx\t字\nLen\tsize"), "Len -> size is listed twice"),
        (("C++ 的说法", ""), "Len -> size does not say why"),
    ],
)
def test_an_exception_stands_once_with_its_reason(check, change, text):
    result = check(words=change)
    assert any(text in line for line in texts(result)), texts(result)


def test_an_enumerator_is_found_in_its_enumeration():
    body = "enum class Errc {\n  closed = 1,  // not timeout,\n  eof\n};"
    errc = Index([dataclasses.replace(symbol("Errc", 1, 4, kind="enum"), text=body)])
    assert gate.is_enumerator(errc, "Errc::closed") and gate.is_enumerator(errc, "Errc::eof")
    assert not gate.is_enumerator(errc, "Errc::timeout")
    assert not gate.is_enumerator(errc, "Other::eof")


def test_without_an_index_the_gate_has_not_passed(monkeypatch):
    def fails(**_):
        raise IndexUnavailable("libclang 19 is not installed")

    monkeypatch.setattr(index, "build", fails)
    result = gate.run()
    assert result.could_not_run and result.exit_code() == 4


def test_a_broken_line_is_told_with_its_number(tmp_path):
    (tmp_path / "map.tsv").write_text(MAP + "too\tfew\n")
    with pytest.raises(sourcemap.BadTable) as failure:
        sourcemap.read_map(tmp_path / "map.tsv")
    assert failure.value.line == 7


def test_the_project_has_one_row_for_each_symbol():
    rows = sourcemap.read_map()
    assert [(r.symbol, r.file) for r in rows] == [(s.symbol, s.file) for s in upstream.table()]
    assert paths.relative(sourcemap.MAP_TSV) == "notes/upstream/source-map.tsv"
