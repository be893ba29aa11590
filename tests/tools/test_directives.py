# SPDX-License-Identifier: Apache-2.0
"""The directives of the pages: what is shown, and what is refused, with its line."""

import re
from types import SimpleNamespace

import pytest

from learn.index import Index
from learn.index.symbol import Symbol
from learn.site import expand, pieces
from learn.site.content import accessible, join_chinese
from learn.site.directives import find, touching_pieces
from learn.site.expand import PageText, Sources, go_names
from learn.upstream import UnknownUpstream

HEADER = """\
// Above.
class Waker {
 public:
  void ring();

 private:
  int count_;
};
"""


def symbol(
    name, start, end, comment=None, kind="function", file="src/netpoll/poller/waker.h", parameters=()
):
    return Symbol(
        name=f"netpoll::{name}", kind=kind, file=file, start=start, end=end,
        comment_start=comment or start, body_start=None, body_end=None, body_bytes=None,
        is_definition=True, signature="", is_const=False,
        parameters=list(parameters) if kind == "function" else None, usr=f"{name}{start}", text="",
    )  # fmt: skip


@pytest.fixture
def sources(tmp_path):
    folder = tmp_path / "src" / "netpoll" / "poller"
    folder.mkdir(parents=True)
    (folder / "waker.h").write_text(HEADER)
    (folder / "long.cpp").write_text("void f() {\n" + "  g();\n" * 39 + "}\n")
    symbols = [
        symbol("Waker", 2, 8, 1, kind="class"),
        symbol("Waker::ring", 4, 4),
        symbol("twice", 1, 1, parameters=["int"]),
        symbol("twice", 2, 2, parameters=["char"]),
        symbol("long_one", 1, 41, file="src/netpoll/poller/long.cpp"),
    ]

    def upstream(name):
        if name not in ("waker.Ring", "UnsafeLinkBuffer.Next"):
            raise UnknownUpstream(name, "unknown", ["waker.Ring"])
        return SimpleNamespace(
            symbol=name, file="poll.go", line=7, url="https://example.org/poll.go#L7"
        )

    return Sources(tmp_path, Index(symbols), upstream, tmp_path / "traces")


def expanded(markdown, sources):
    """The page as Markdown sees it, with the pieces put in, and the problems."""
    page = PageText("notes/en/a.md", "en", "")
    text = expand.expand(markdown, page, sources)
    return page.shown.put_in(re.sub(r"(piece⟦\d+⟧)", r"<p>\1</p>", text), {}, "", {}), page.problems


def test_a_piece_is_shown_with_its_comment_line_numbers_and_original(sources):
    text, problems = expanded('# A\n\n{{ src("Waker") }}\n', sources)
    assert problems == []
    assert '<span class="filename">src/netpoll/poller/waker.h</span><pre><code>' in text
    assert "<i><em>// Above.</em>\n</i><i><b>class </b>Waker {\n</i>" in text
    assert "src/netpoll/poller/waker.h:1–8" in text
    text, _ = expanded('{{ src("Waker::ring") }}', sources)
    assert "[`waker.Ring` poll.go:7](https://example.org/poll.go#L7)" in text


def test_an_unknown_symbol_is_a_problem_at_its_line_with_names_nearby(sources):
    _, problems = expanded('# A\n\ntext\n\n{{ src("Waker::rong") }}\n', sources)
    assert [(p.file, p.line) for p in problems] == [("notes/en/a.md", 5)]
    assert "Waker::rong" in problems[0].text and "Waker::ring" in problems[0].text
    assert problems[0].mend


def test_an_ambiguous_symbol_lists_its_candidates(sources):
    _, problems = expanded('{{ quote("twice") }}', sources)
    assert "twice(int)" in problems[0].text and "twice(char)" in problems[0].text
    assert expanded('{{ quote("twice(int)") }}', sources)[1] == []


def test_more_than_forty_lines_are_refused(sources):
    _, problems = expanded('{{ src("long_one") }}', sources)
    assert "41" in problems[0].text


def test_two_pieces_need_prose_between_them(sources):
    page = '{{ src("Waker::ring") }}\n\n## A heading {#is-no-prose}\n\n{{ quote("Waker::ring") }}\n'
    _, problems = expanded(page, sources)
    assert [p.line for p in problems] == [5]
    assert touching_pieces(page.replace("## A", "A")) == []


@pytest.mark.parametrize("page", [
    '{{ upstream("Nobody.Knows") }}', '{{ api("Waker") }}', '{{ trace("echo") }}',
    '{{ scr("Waker") }}',
    "{{ src(Waker) }}", 'so {{ src("Waker") }}', '{{ src("Waker@protected") }}',
    '{{ src("Waker", upstream="No.Such") }}',
])  # fmt: skip
def test_what_cannot_be_resolved_is_one_problem(page, sources):
    _, problems = expanded(page, sources)
    assert len(problems) == 1 and problems[0].line == 1


def test_sections_add_up_to_the_class(sources):
    first = pieces.cut(sources.index, "Waker@public", sources.root)
    second = pieces.cut(sources.index, "Waker@private", sources.root)
    assert (first.start, first.end) == (1, 4)
    assert (second.start, second.end) == (6, 8)


def test_from_one_symbol_to_another_takes_all_between(sources):
    piece = pieces.cut(sources.index, "Waker .. Waker::ring", sources.root)
    assert (piece.start, piece.end, piece.short_name) == (1, 4, "Waker … Waker::ring")
    text, problems = expanded('{{ src("Waker::ring .. Waker") }}', sources)
    assert problems == [] and "waker.h:4–8" in text
    for name, lines in ((".. Waker::ring", (1, 4)), ("Waker::ring ..", (4, 8))):
        piece = pieces.cut(sources.index, name, sources.root)
        assert (piece.start, piece.end, piece.short_name) == (*lines, "Waker::ring")


@pytest.mark.parametrize("to", ["long_one", "twice(int)"])
def test_what_does_not_stand_below_is_no_end(to, sources):
    _, problems = expanded(f'{{{{ src("Waker::ring .. {to}") }}}}', sources)
    assert len(problems) == 1 and "does not stand below" in problems[0].text


def test_a_file_is_shown_whole_by_its_name(sources):
    piece = pieces.cut(sources.index, "poller/waker.h", sources.root)
    assert (piece.start, len(piece), piece.short_name) == (1, 8, "poller/waker.h")
    assert len(expanded('{{ src("poller/none.h") }}', sources)[1]) == 1


def test_directives_in_code_are_text():
    assert (
        find('```\n{{ src("A") }}\n```\nand `{{ src("B") }}` and {{ api("C") }}')[0].argument == "C"
    )
    assert len(find('~~~\n{{ src("A") }}\n~~~')) == 0


def test_an_indented_piece_stays_inside_its_box(sources):
    page = PageText("notes/en/a.md", "en", "")
    text = expand.expand('!!! note\n\n    {{ src("Waker::ring") }}\n', page, sources)
    assert all(line.startswith("    ") for line in text.splitlines()[2:] if line)


def test_the_original_link_buffer_is_found_under_its_true_name(sources):
    text, problems = expanded('See {{ upstream("LinkBuffer.Next") }}.', sources)
    assert problems == [] and "`UnsafeLinkBuffer.Next` poll.go:7" in text


def test_go_names():
    assert go_names("LinkBuffer::malloc_ack")[0] == "LinkBuffer.MallocAck"
    assert "connection.onRequest" in go_names("Connection::on_request")
    assert go_names("check") == []


def test_chinese_lines_join_without_a_space():
    assert (
        join_chinese("<p>谁能碰、谁\n不能碰？\nnetpoll</p>") == "<p>谁能碰、谁不能碰？\nnetpoll</p>"
    )
    assert join_chinese("<pre>中\n文</pre>") == "<pre>中\n文</pre>"


def test_code_can_be_reached_by_keyboard():
    assert 'tabindex="0"' in accessible("<pre><span></span><code>x</code></pre>", "en")
