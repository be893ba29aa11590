# SPDX-License-Identifier: Apache-2.0
"""Slides from Markdown: what is one, what is refused, and what stands in the page."""

import re

import pytest

from learn import cli, say
from learn.gate import GREEN, USAGE
from learn.site import build, links
from learn.teacher import slides
from learn.teacher.slides import SlidesError

NAME = "labs/L9-x/slides.en.md"


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("LEARN_LANG", "en")
    monkeypatch.setattr(say, "_chosen", None)


def deck(*first, count=8):
    """Eight slides, those of `first` before the others."""
    rest = [f"# Slide {n}\n\nWords.\n\nNote:\nSay {n}." for n in range(count - len(first))]
    return "\n---\n".join([*first, *rest]) + "\n"


def test_slides_have_a_title_a_body_and_notes():
    text = deck("# One `peek`\n\n- a\n- b\n\nNote:\n\nSlowly.\n\nTwice.", "# Two\n\nc")
    found = slides.parse(text, NAME)
    assert (found[0].title, found[0].body, found[0].notes) == (
        "One `peek`", "- a\n- b", "Slowly.\n\nTwice.")
    assert (found[1].body, found[1].notes, found[1].line) == ("c", "", 12)
    assert len(found) == 8


def test_a_fence_may_hold_what_would_else_divide():
    body = "```text\n---\n# no title\nNote:\n~~~\n```"
    found = slides.parse(deck(f"# A\n\n{body}\n\nNote:\n````\n---\n```\n---\n````\nend"), NAME)
    assert len(found) == 8
    assert found[0].body == body and found[0].notes.endswith("end")


def test_a_licence_line_may_stand_first():
    text = "<!-- SPDX-License-Identifier: Apache-2.0 -->\n" + deck()
    assert slides.parse(text, NAME)[0].line == 2


@pytest.mark.parametrize(("text", "says"), [
    (deck(count=7), f"{NAME}: 7 slides; a lab has 8 to 14"),
    (deck(count=15), f"{NAME}: 15 slides; a lab has 8 to 14"),
    (deck("no title"), f"{NAME}:1: a slide begins with"),
    (deck("# A", "## B"), f"{NAME}:3: a slide begins with"),
    (deck("# "), f"{NAME}:1: a slide begins with"),
    (deck("# A\n\n<b>x</b>"), f"{NAME}:1: raw HTML (<b>)"),
    (deck("# A <br>"), f"{NAME}:1: raw HTML (<br>)"),
    (deck("# A", "# B\n\nNote:\n<script>alert(1)</script>"), f"{NAME}:3: raw HTML (<script>"),
    (deck("# A\n\n![a](b.png)"), f"{NAME}:1: a picture (a)"),
    (deck() + "---\n", f"{NAME}:"),
    ("", f"{NAME}:1: a slide begins with"),
])  # fmt: skip
def test_what_is_refused_is_one_line(text, says):
    with pytest.raises(SlidesError) as problem:
        slides.parse(text, NAME)
    assert str(problem.value).startswith(says) and "\n" not in str(problem.value)


def test_the_page_needs_nothing_else_and_has_everything():
    code = "```cpp\nint a = 0;  // <b>\n```\n\n```text\n+--+\n| ä |\n```\n\n```nolang\n<x>\n```"
    text = slides.page(slides.parse(deck(f"# A & `B`\n\n{code}\n\n| a | b |\n|---|---|\n| 1 | 2 |"),
                                    NAME), "en")
    assert not re.search(r"""(src|href)=["'](?!data:,)|url\(|@import|https?://""", text)
    assert text.count('<section class="slide"') == text.count('<div class="note"') == 8
    assert "<h1>A &amp; <code>B</code></h1>" in text and "<title>A &amp; B<" in text
    assert "&lt;b&gt;" in text and "&lt;x&gt;" in text
    assert '<span class="kt">int</span>' in text and "| ä |" in text and "<table>" in text
    assert "<p>Say 3.</p>" in text and '<html lang="en">' in text


def test_a_line_end_between_chinese_characters_is_no_space():
    text = slides.page(slides.parse(deck("# 甲\n\n第一行\n第二行"), NAME), "zh")
    assert "第一行第二行" in text and '<html lang="zh">' in text
    assert "备注" in text and ">Notes" not in text  # whatever the person's language is


def a_lab(root, name="L9-x", languages=("en", "zh"), text=None):
    for language in languages:
        file = root / "labs" / name / f"slides.{language}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text or deck(), "utf-8")


def test_the_files_of_a_tree(tmp_path):
    a_lab(tmp_path), a_lab(tmp_path, "L8-y", ("zh",))
    (tmp_path / "labs" / "L9-x" / "slides.fr.md").write_text("x")
    found = [str(f.relative_to(tmp_path / "labs")) for f in slides.files(tmp_path)]
    assert found == ["L8-y/slides.zh.md", "L9-x/slides.en.md", "L9-x/slides.zh.md"]
    made = slides.write(slides.files(tmp_path, "L8-y")[0], tmp_path / "out", tmp_path)
    assert made == tmp_path / "out" / "L8-y" / "slides.zh.html" and made.is_file()


def test_the_site_has_them(tmp_path):
    a_lab(tmp_path)
    build.lab_slides(tmp_path / "site", tmp_path)
    site = tmp_path / "site"
    assert sorted(str(file.relative_to(site)) for file in site.rglob("*.html")) == [
        "labs/L9-x/slides.en.html", "labs/L9-x/slides.zh.html"]
    assert links.check(tmp_path / "site") == links.Findings()


def test_the_command(tmp_path, monkeypatch, capsys):
    from learn.teacher import cli_class

    monkeypatch.setattr(cli_class, "ROOT", tmp_path)
    a_lab(tmp_path)
    for name in ("L9", "L9-x", "labs/L9-x/"):
        assert cli.main(["teacher", "slides", name, "--out", str(tmp_path / "out")]) == GREEN
    assert len(capsys.readouterr().out.splitlines()) == 6
    assert (tmp_path / "out" / "L9-x" / "slides.zh.html").is_file()
    assert cli.main(["teacher", "slides", "L7", "--out", str(tmp_path / "out")]) == USAGE
    assert "L9-x" in capsys.readouterr().err
    a_lab(tmp_path, text="no slides")
    assert cli.main(["teacher", "slides", "L9", "--out", str(tmp_path / "out")]) == USAGE
    assert "slides.en.md:1: " in capsys.readouterr().err
