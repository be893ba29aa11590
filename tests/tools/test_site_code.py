# SPDX-License-Identifier: Apache-2.0
"""Shown code: how it is written, where its names lead, and the gate that counts them."""

import json
import re

import pytest

from learn.gates import site_code
from learn.index import Index
from learn.site import bundle, listing
from learn.site.cards import Cards, card
from learn.site.places import Places
from learn.site.shown_code import ShownCode
from test_directives import symbol

FILE = "src/netpoll/poller/waker.h"
OTHER = "src/netpoll/poller/other.h"
TEXT = """\
// Rings <loudly>.
class Waker {
  void ring();
  int count_;  // rung 3 times
};
void Waker::ring() { ++count_; }
"""


def name(line, column, called, kind="function", usr="", definition=True, comment="", guards=()):
    return [line, column, f"netpoll::{called}", kind, usr or called, definition,
            f"declares {called}", comment, list(guards)]  # fmt: skip


ENTRIES = {
    FILE: {
        "names": [
            name(2, 7, "Waker", "class", comment="Rings <loudly>."),
            name(3, 8, "Waker::ring", usr="ring", definition=False, comment="Wakes. More."),
            name(4, 7, "Waker::count_", "field"),
            name(6, 13, "Waker::ring", usr="ring"),
        ],
        "targets": [f"{FILE}:2:7", f"{FILE}:3:8", f"{FILE}:4:7", f"{FILE}:6:13"],
        "mentions": [[2, 7, 5, 0], [3, 8, 4, 1], [4, 7, 6, 2], [6, 6, 5, 0], [6, 13, 4, 3],
                     [6, 24, 6, 2]],
        "open": [], "own": 0,
    },
}  # fmt: skip


@pytest.fixture
def book(tmp_path):
    """A tree with one chapter that owns the file, and what shows its pieces."""
    (tmp_path / FILE).parent.mkdir(parents=True)
    (tmp_path / FILE).write_text(TEXT)
    index = Index([symbol("Waker", 2, 5, 1, kind="class"), symbol("Waker::ring", 6, 6)],
                  entries=ENTRIES)  # fmt: skip
    for language in ("en", "zh"):
        page = tmp_path / "notes" / language / "07-waker.md"
        page.parent.mkdir(parents=True)
        page.write_text('{{ src("Waker") }}\n\nThen.\n\n{{ src("Waker::ring") }}\n')
    places = Places(index, tmp_path, tmp_path / "notes", ["07-waker"])
    return type("Book", (), {"root": tmp_path, "index": index, "places": places, "files": {}})


def shown(book, page, owns, *names):
    from learn.site import pieces

    code = ShownCode(page, "en")
    marks = [code.add(pieces.cut(book.index, n, book.root), book, owns) for n in names]
    html = "\n".join(f"<p>{mark}</p>" for mark in marks)
    return code.put_in(html, {"07-waker.html": "7 · The waker"}, "", book.files)


def text_of(html):
    body = "".join(re.findall(r"<code>(.*?)</code>", html, re.DOTALL))
    plain = re.sub(r"<[^>]*>", "", body)
    return plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def test_the_text_of_a_piece_is_the_source(book):
    html = shown(book, "07-waker", True, "Waker", "Waker::ring")
    assert text_of(html) == TEXT
    assert 'style="counter-reset:l 5"' in html and 'id=waker-h-6' in html


def test_only_what_has_a_colour_is_an_element(book):
    html = shown(book, "07-waker", False, "Waker")
    assert "<i><em>// Rings &lt;loudly>.</em>\n</i>" in html
    assert "<b>class </b>Waker" in html and "  <b>int </b>" in html and "<i>};\n</i>" in html
    assert not re.search(r"</(\w+)><\1>", html.replace("</i><i>", ""))  # neighbours are merged


def test_a_name_leads_to_the_line_of_its_chapter(book):
    there = shown(book, "07-waker", True, "Waker", "Waker::ring")
    assert "<a href=#:count_>count_</a>; }" in there
    assert '<i id=:count_>' in there
    # A declaration leads to the definition, and back.
    marks = dict(re.findall(r"<a href=#(:[\w:]+)>(ring)</a>", there))
    assert len(marks) == 2 and all(f"<i id={mark}>" in there for mark in marks)
    elsewhere = shown(book, "08-other", False, "Waker::ring")
    assert "<a href=07-waker.html#:count_>count_</a>" in elsewhere
    assert "<i id=" not in elsewhere


def test_what_no_chapter_owns_leads_to_the_source_browser(book):
    book.places = Places(book.index, book.root, book.root / "notes", [])
    assert "<a href=source/netpoll/poller/waker.h.html#L4>" in shown(book, "a", False, "Waker::ring")


def test_a_name_of_a_program_has_no_page_and_is_due_none(book):
    file = "programs/run.cpp"
    (book.root / "programs").mkdir()
    (book.root / file).write_text("int go();\nint here = go();\n")
    entry = {"names": [name(1, 5, "go")], "targets": [f"{file}:1:5"],
             "mentions": [[1, 5, 2, 0], [2, 12, 2, 0]], "open": [], "own": 0}  # fmt: skip
    book.index = Index([symbol("here", 1, 2, file=file)], entries=ENTRIES | {file: entry})
    book.places = Places(book.index, book.root, book.root / "notes", ["07-waker"])
    html = shown(book, "a", False, "here")
    assert "<a " not in html and "go();" in html
    (book.root / "a.html").write_text(html)
    assert site_code.count(book.root, ["a.html"], book.index.names).figures()["code_identifiers"] == 0


def told(script):
    return json.loads(re.fullmatch(r"self\.codeCards=(.*);\n?", script)[1])


def test_the_cards_of_a_page_are_a_file_that_runs_before_the_script_of_the_names(book):
    html = shown(book, "08-other", False, "Waker::ring", "Waker")
    assert re.findall(r'<script defer src="([^"]*)">', html) == [
        "assets/cards/08-other.en.js", "assets/code.js"]  # fmt: skip
    (script,) = book.files.values()
    data = told(script)
    assert data["pages"] == {"07-waker.html": "7 · The waker"}
    assert data["cards"]["07-waker.html#:Waker"] == ["declares Waker", "Rings <loudly>."]
    assert "<" not in script  # which would end an element of the source browser
    wakes = [said for said in data["cards"].values() if said[0] == "declares Waker::ring"]
    assert wakes and all(said[1] == "Wakes." for said in wakes)


def test_a_mutex_says_what_it_guards_and_an_atomic_its_partner(book):
    entries = {FILE: ENTRIES[FILE] | {"names": [
        name(1, 1, "a", "field", guards=["x_", "y_"], comment="Held for a moment. [any]"),
        name(2, 1, "b", "field", comment="How many. The writer releases it. It is small."),
    ], "mentions": [], "targets": []}}  # fmt: skip
    entries[FILE]["names"][1][6] = "std::atomic<int> b"
    names = Index([], entries=entries).names
    assert card(names.places("a"))[1:] == ["Held for a moment.", "guards", "x_, y_"]
    assert card(names.places("b"))[1:] == ["How many.", "partner", "The writer releases it."]


def test_two_names_with_one_address_have_two_cards(book):
    cards = Cards(book.index.names, "en")
    cards.add("#:Waker", "Waker")
    cards.add("#:Waker", "ring")
    assert set(told(cards.script({}))["cards"]) == {"#:Waker", "#:Waker ring"}


def test_a_line_is_merged_and_cut_at_its_names(tmp_path):
    runs = [("b", "return"), ("", " f(g);")]
    made = listing.line_html(runs, [], lambda _: "")
    assert made == "<b>return</b> f(g);"


def test_the_script_of_the_names_is_made_beside_the_player(tmp_path):
    if not bundle.ESBUILD.is_file():
        pytest.skip("no npm packages yet")
    bundle.build(tmp_path / "trace-player.js")
    made = (tmp_path / "code.js").read_text()
    assert "aria-describedby" in made and not re.search(r"\bfetch\(|XMLHttpRequest", made)


def test_a_page_keeps_its_lines_of_code_and_its_data():
    page = "<ul>\n\n    <li>\n  a b\n</ul>\n  <pre><code>\n\n  x\n</code></pre>\n\n <script>\n  y</script>"
    assert listing.squeezed(page) == (
        "<ul>\n<li>\na b\n</ul>\n<pre><code>\n\n  x\n</code></pre>\n<script>\n  y</script>")  # fmt: skip


# The gate


def counted(book, html):
    for page in ("07-waker.html",):
        (book.root / page).write_text(html)
    return site_code.count(book.root, ["07-waker.html"], book.index.names)


def test_the_gate_counts_the_names_and_finds_each_link(book):
    found = counted(book, shown(book, "07-waker", True, "Waker", "Waker::ring"))
    assert found.problems == []
    # `Waker` and `count_` are declared once: there their names are due no link.
    assert found.figures() == {"code_pieces": 2, "code_identifiers": 4, "code_linked": 4,
                               "code_broken": 0, "code_told_by_class": 0}  # fmt: skip


def test_the_gate_sees_a_broken_link(book):
    html = shown(book, "07-waker", True, "Waker", "Waker::ring")
    found = counted(book, html.replace("<i id=:count_>", "<i>"))
    assert found.broken == 1 and "#:count_" in found.problems[0].text
    gone = html.replace("<a href=#:count_>", "<a href=gone.html#:count_>")
    assert counted(book, gone).broken == 1


def test_the_gate_sees_a_piece_without_links(book):
    html = shown(book, "07-waker", True, "Waker", "Waker::ring")
    found = counted(book, re.sub(r"</?a[^>]*>", "", html))
    assert found.linked == 0 and len(found.problems) == 3  # each piece, and the page


def test_the_gate_sees_that_too_few_names_are_links(book):
    html = shown(book, "07-waker", True, "Waker", "Waker::ring")
    found = counted(book, re.sub(r"<a href=#:count_>(count_)</a>", r"\1", html))
    assert found.linked == 3 and len(found.problems) == 1


def test_a_word_that_nobody_could_tell_is_due_a_link(book):
    entries = {FILE: ENTRIES[FILE] | {"open": [[5, 1, "ring"]]}}
    names = Index([], entries=entries).names
    (book.root / "a.html").write_text(shown(book, "a", False, "Waker"))
    assert site_code.count(book.root, ["a.html"], names).identifiers == 2
