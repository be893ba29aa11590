# SPDX-License-Identifier: Apache-2.0
"""The gate facts: a wrong line, a bare claim, a stale row, a probe that differs are red."""

from dataclasses import replace

import pytest

from learn.conformance import originals
from learn.facts import claims, comments, links, places, probes, tables, wording
from learn.gates import facts as gate
from learn.run import go

MAIN = """\
kind\tsymbol\tfile\tline
type\tconnection\tconnection_impl.go\t38
method\tconnection.Reader\tconnection_impl.go\t66
method\tconnection.waitFlush\tconnection_impl.go\t511
type\tlistener\tnet_listener.go\t70
method\tlistener.Close\tnet_listener.go\t121
type\tUnsafeLinkBuffer\tnocopy_linkbuffer.go\t54
method\tUnsafeLinkBuffer.Next\tnocopy_linkbuffer.go\t88
"""
OTHER = """\
module\tversion\tfile\tline\tkind\tsymbol
github.com/cloudwego/netpoll\tv0.7.0\tconnection_impl.go\t45\tfield\tconnection.readTrigger
github.com/cloudwego/netpoll\tv0.7.2\tconnection_impl.go\t89\tmethod\tconnection.Reader
github.com/bytedance/gopkg\tv0.1.1\tlang/mcache/mcache.go\t60\tfunc\tMalloc
github.com/bytedance/gopkg\tv0.1.1\tlang/mcache/mcache.go\t80\tfunc\tFree
"""


@pytest.fixture
def known(tmp_path):
    (tmp_path / "main.tsv").write_text(MAIN)
    (tmp_path / "other.tsv").write_text(OTHER)
    return tables.read(tmp_path / "main.tsv", tmp_path / "other.tsv")


@pytest.mark.parametrize(
    "text",
    [
        "connection, connection_impl.go:38; it is",
        "Upstream: connection (connection_impl.go:38).",
        "a flush (connection_impl.go:529 (connection.waitFlush)) waits",
        "connection_impl.go:511 (waitFlush)",
        "connection_impl.go:50 (connection, Reader, waitFlush)",
        "connection.readTrigger, connection_impl.go:45",
        "connection_impl.go:50 (connection)",
        "net_listener.go:121 (Close), :75 (listener)",
        "LinkBuffer.Next, nocopy_linkbuffer.go:88",
        "v0.7.2, connection_impl.go:90 (connection.Reader)",
        "gopkg v0.1.1, lang/mcache/mcache.go:60 (Malloc)",
        "mcache.Free (gopkg lang/mcache/mcache.go:80)",
        "mcache.Malloc, mcache.go:60",
        "all of net_listener.go; poll_test.go:7 is a test",
    ],
)
def test_a_place_that_is_what_it_says(known, text):
    assert places.faults(text, known) == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("connection, connection_impl.go:39", "not_first"),
        ("connection (connection_impl.go:39)", "not_first"),
        ("connection_impl.go:510 (connection.waitFlush)", "outside"),
        ("connection_impl.go:90 (connection)", "outside"),
        ("net_listener.go:121 (Close), :60 (listener)", "outside"),
        ("connection_impl.go:511", "nameless"),
        ("as told (connection_impl.go:511)", "nameless"),
        ("connection_impl.go:511 (the wait)", "no_symbol"),
        ("connection_impl.go:511 (waitFlush, nothing)", "no_symbol"),
        ("conection_impl.go:38 (connection)", "no_file"),
        ("nowhere.go", "no_file"),
        ("v0.7.1, connection_impl.go:38 (connection)", "no_file"),
        ("v0.7.2, connection_impl.go:66 (connection.Reader)", "outside"),
        ("mcache.Malloc (gopkg lang/mcache/mcache.go:61)", "not_first"),
    ],
)
def test_a_planted_wrong_place_is_told(known, text, key):
    assert [fault.key for fault in places.faults(text, known)] == [key]


def test_the_fault_says_what_would_be_right(known):
    (fault,) = places.faults("(connection_impl.go:529)", known)
    assert fault.values["right"] == "connection_impl.go:529 (connection.waitFlush)"
    (fault,) = places.faults("(net_listener.go:20)", known)  # a line of no symbol
    assert fault.values["right"] == "net_listener.go:70 (listener)"


HEADER = """\
// A head. Upstream: connection,
// connection_impl.go:38. Unlike
// upstream: it sleeps.
#include <a>

class Sleeper {
  int a;  // Here: unlike upstream, which
          // spins (connection_impl.go:520 (connection.waitFlush)).
};
"""


def test_a_comment_is_read_across_its_lines():
    head, behind = comments.read(HEADER)
    assert (head.line, head.last) == (1, 3)
    assert head.text.endswith("connection_impl.go:38. Unlike upstream: it sleeps.")
    assert head.line_of(head.text.index("upstream:")) == 3
    assert (behind.line, behind.last) == (7, 8)
    assert comments.read('auto url = "http://x";\n') == []


TOML = """\
[claims."src/a.h"]
head."it sleeps" = "read connection_impl.go:511 (connection.waitFlush)"
"Sleeper::a"."which spins" = "probe spins"

[shows]
spins = "1000 turns"
"""


@pytest.fixture
def check(known, tmp_path, monkeypatch):
    """Runs the gate's parts on the texts above, after one replacement in one of them."""

    def run(old="", new="", *, shown="1000 turns", notes=""):
        assert old in HEADER + TOML
        src = tmp_path / "src"
        src.mkdir(exist_ok=True)
        (src / "a.h").write_text(HEADER.replace(old, new, 1) if old else HEADER)
        (tmp_path / "claims.toml").write_text(TOML.replace(old, new, 1) if old else TOML)
        (tmp_path / "notes.md").write_text(notes)
        monkeypatch.setattr(gate.paths, "relative", lambda path: f"src/{path.name}")
        rows, shows = claims.read(tmp_path / "claims.toml")
        checker = gate.Checker(known)
        checker.sources([src / "a.h"], rows, lambda _, line: "Sleeper::a" if line > 4 else "")
        checker.rows(rows, shows)
        checker.probes(rows, shows, dict.fromkeys(shows, shown))
        checker.notes([tmp_path / "notes.md"], BUGS)
        return checker

    return run


BUGS = [
    wording.Row(2, "404", "contract", "net_netfd_conn.go:94 (netFD.SetDeadline)"),
    wording.Row(3, "18", "contract", "nocopy_linkbuffer.go:493 (UnsafeLinkBuffer.WriteBinary)"),
    wording.Row(4, "393", "defect", "nocopy_linkbuffer.go:388 (UnsafeLinkBuffer.MallocAck)"),
]


def texts(checker):
    return [f"{p.file}:{p.line}: {p.text}" for p in checker.problems]


def test_a_whole_source_is_green(check):
    checker = check()
    assert texts(checker) == []
    assert checker.figures == {"places": 3, "claims": 2, "probes": 1, "skipped": 0, "read": 1}


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("connection_impl.go:38", "connection_impl.go:40", "src/a.h:2: connection_impl.go:40 is not"),
        ("connection_impl.go:520", "connection_impl.go:66", "src/a.h:8: connection_impl.go:66 does"),
        ("it sleeps.", "it waits.", "src/a.h:2: nothing shows this difference from the original"),
        ("it sleeps.", "it waits.", 'claims.toml:2: no "Unlike upstream" of src/a.h, the head of'),
        ("unlike upstream, which", "while upstream", 'claims.toml:3: no "Unlike upstream" of src/a.h'),
        ('head."it sleeps" = "read', '"B"."it sleeps" = "read', "src/a.h:2: nothing shows this"),
        ('"probe spins"', '"probe runs"', "claims.toml:3: there is no runs under [shows]"),
        ('"probe spins"', '"probe runs"', "no claim needs the probe spins"),
        ('"read connection_impl.go:511', '"read connection_impl.go:51', "claims.toml:2: connection_impl"),
        ("go:511 (connection.waitFlush)", "go", 'is no place of the original'),
    ],
)  # fmt: skip
def test_a_planted_fault_is_red(check, old, new, fault):
    assert any(fault in told for told in texts(check(old, new))), texts(check(old, new))


def test_a_probe_that_shows_something_else_is_red(check):
    (told,) = texts(check(shown="3 turns"))
    assert 'does not do what "which spins" says: spins shows "3 turns", not "1000 turns"' in told


def test_a_probe_that_cannot_run_here_is_counted_and_not_red(check):
    checker = check(shown="skip: no IPv6 here")
    assert texts(checker) == [] and checker.figures["skipped"] == 1


@pytest.mark.parametrize(
    ("notes", "count"),
    [
        ("A bug of theirs: `WriteBinary` keeps\nthe memory.\n", 1),
        ("## Bugs that were there\n\nDeadlines (#404) are refused.\n", 1),
        ("## 真出过的错\n\n`WriteBinary` 引用内存。\n", 1),
        ("`WriteBinary` refers to the memory, as documented.\n\nA bug elsewhere.\n", 0),
        ("A bug: `MallocAck` loses bytes (#393).\n", 0),
        ("The debugger shows WriteBinary.\n", 0),
    ],
)
def test_a_contract_is_not_called_a_bug(check, notes, count):
    told = texts(check(notes=notes))
    assert len(told) == count and all("is a contract of the original" in one for one in told)


LINK = "[`mcache.Malloc` mcache.go:60](https://github.com/bytedance/gopkg/blob/v0.1.1/lang/mcache/mcache.go#L60)"


@pytest.mark.parametrize(
    ("old", "new", "right"),
    [
        ("", "", None),
        ("go:60]", "go:61]", "lang/mcache/mcache.go:60"),
        ("#L60", "#L80", "lang/mcache/mcache.go:80"),
        ("mcache.Malloc", "mcache.Free", "lang/mcache/mcache.go:80"),
        ("v0.1.1", "v0.1.2", "notes/upstream/*-symbols.tsv"),
    ],
)
def test_a_link_leads_where_it_says(known, old, new, right):
    found = list(links.broken(f"see {LINK.replace(old, new)}\n", known))
    assert [one.right for one in found] == ([right] if right else [])


def test_a_table_may_make_a_claim(monkeypatch, tmp_path):
    (tmp_path / "map.tsv").write_text("symbol\twhy\nioread\tone piece of memory\n")
    monkeypatch.setattr(claims, "ROOT", tmp_path)
    rows = [claims.Claim(1, "map.tsv", symbol, words, "p", "")
            for symbol, words in (("ioread", "one piece"), ("ioread", "two"), ("iosend", "one"))]
    assert claims.match(rows, []) == ([], rows[1:])


@pytest.mark.parametrize("how", ["probe", "run spins", "spins"])
def test_a_row_says_how_it_is_borne_out(tmp_path, how):
    (tmp_path / "claims.toml").write_text(TOML.replace("probe spins", how))
    with pytest.raises(ValueError, match="claims.toml:3"):
        claims.read(tmp_path / "claims.toml")


def test_a_probe_that_fails_or_does_not_end_says_so(monkeypatch, tmp_path):
    program = tmp_path / "facts"
    program.write_text("""#!/bin/sh
case $1 in
  hangs) echo begun; exec sleep 9 ;;
  chats) exec yes ;;
  fails) echo "$1"; echo bad >&2; exit 3 ;;
esac
""")
    program.chmod(0o755)
    limits = replace(probes.LIMITS, seconds=2.0, output=1000)
    monkeypatch.setattr(probes, "LIMITS", limits)
    shown = probes.run(program, ["fails", "hangs", "chats"])
    assert shown["fails"] == "fails\nended with exit status 3: bad"
    assert shown["hangs"] == "begun\nended by the limit of time"
    assert shown["chats"].endswith("y\nended by the limit of output")


def test_without_go_the_gate_has_not_passed(monkeypatch):
    def missing(*_):
        raise go.NoGo("no Go", "./learn")

    monkeypatch.setattr(go, "build", missing)
    monkeypatch.setattr(gate, "source_files", list)
    monkeypatch.setattr(claims, "read", lambda: ([], {}))
    result = gate.run()
    assert result.could_not_run and result.exit_code() == 4


def test_the_projects_own_tables_agree():
    known = tables.load()
    rows, shows = claims.read()
    source = "".join(file.read_text() for file in (originals.MODULE / "cmd" / "facts").glob("*.go"))
    assert all(f'"{name}":' in source for name in shows)
    assert all(row.line for row in rows)
    checker = gate.Checker(known)
    checker.table(wording.BUGS_TSV)
    checker.rows(rows, shows)
    assert texts(checker) == []
    assert {row.kind for row in wording.read()} == {"contract", "defect"}
