# SPDX-License-Identifier: Apache-2.0
"""The original's symbol table."""

import pytest

from learn import upstream
from learn.upstream import BrokenTable, UnknownUpstream


def test_a_symbol_leads_to_its_file_and_line():
    symbol = upstream.find("LinkBuffer.Next")
    assert (symbol.kind, symbol.symbol) == ("method", "UnsafeLinkBuffer.Next")
    assert symbol.url == (
        f"https://github.com/cloudwego/netpoll/blob/v0.7.0/{symbol.file}#L{symbol.line}"
    )


def test_every_row_is_read_and_has_a_line():
    assert len(upstream.table()) == 571
    assert all(symbol.line > 0 for symbol in upstream.table())


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("EpollWait", "sys_epoll_linux.go"),
        ("NewDialer", "net_dialer.go"),
        ("LinkBuffer", "nocopy_linkbuffer_norace.go"),
        ("mux/shard_queue.go:closing", "mux/shard_queue.go"),
    ],
)
def test_linux_is_meant_and_a_file_may_be_named(name, file):
    assert upstream.find(name).file == file


def test_an_unknown_name_lists_what_is_near():
    with pytest.raises(UnknownUpstream, match=r"unknown upstream symbol LinkBuffer.Nxt; near: \w"):
        upstream.find("LinkBuffer.Nxt")
    with pytest.raises(UnknownUpstream) as failure:
        upstream.find("linkbuffer.next")
    assert "connection.Next" in failure.value.candidates


def test_a_name_in_two_files_must_be_chosen():
    with pytest.raises(UnknownUpstream, match="more than one") as failure:
        upstream.find("closing")
    assert sorted(failure.value.candidates) == [
        "connection_lock.go:closing",
        "mux/shard_queue.go:closing",
    ]


def test_a_broken_row_is_told_with_its_line(tmp_path):
    table = tmp_path / "t.tsv"
    table.write_text("kind\tsymbol\tfile\tline\nfunc\tA\ta.go\t1\nfunc\tB\tb.go\n")
    with pytest.raises(BrokenTable, match=r"t\.tsv:3: want kind, symbol, file, line"):
        upstream.read(table)
    with pytest.raises(BrokenTable, match="No such file"):
        upstream.read(tmp_path / "gone.tsv")
