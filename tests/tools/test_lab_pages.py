# SPDX-License-Identifier: Apache-2.0
"""The handout and the teacher's page of a lab on the site, and the table that leads there."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from lab_helpers import lab_tree
from learn import paths
from learn.exercise import catalogue
from learn.gates import site as gate
from learn.gates import site_search
from learn.site import (
    chapters,
    content,
    lab_pages,
    links,
    overviews,
    search,
    search_words,
    tree_pages,
)
from learn.site.live import Live, Rendered
from learn.site.tree_pages import Book
from learn.teacher import lab as labs
from learn.teacher import pages, slides
from test_exercise_pages import to_html
from test_source_pages import FRAME

TITLES = {"01-toy.html": "1 · <Toys>"}
FOLDER = "labs/L0-toy"
HANDOUT = """<!-- SPDX-License-Identifier: Apache-2.0 -->
# Lab 0: Toys

Read [the chapter](../../notes/{lang}/01-toy.md#play), then
[clamp](../../exercises/01-toy/1-clamp/README.{lang}.md).
{zh}
## The goal

`01-toy/2-double` is next; `01-toy/2-double/loses_the_sign` is a mistake.
[Source](../../src/toy.h), [slides](slides.{lang}.md).
"""
TEACHER = """# Lab 0, for the teacher

For [students](handout.{lang}.md).

## Timeline

{{{{ timeline }}}}

## Demonstration

{{{{ demo }}}}

## Wrong ideas

{{{{ wrong_ideas }}}}
"""


@pytest.fixture
def site(tmp_path):
    """A site of two languages, with the pages of one lab."""
    root, top = lab_tree(tmp_path / "tree"), tmp_path / "site"
    (root / "src").mkdir(exist_ok=True)
    (root / "src" / "toy.h").write_text("")
    (root / FOLDER / "demo.txt").write_text("one < two\n")
    sound, _ = catalogue.whole(root)
    book = {language: Book(root, language, TITLES, {one.id: one for one in sound}, to_html)
            for language in content.LANGUAGES}
    for language, folder in (("en", top), ("zh", top / "zh")):
        (root / "notes" / language).mkdir(parents=True)
        (root / "notes" / language / "01-toy.md").write_text("# Toys\n")
        more = "中文的一行\n接着一行。\n" if language == "zh" else ""
        for name, text in (("handout", HANDOUT), ("teacher", TEACHER), ("slides", "")):
            text = text.format(lang=language, zh=more)
            (root / FOLDER / f"{name}.{language}.md").write_text(text)
        there = ("assets/a.css", "assets/s.js", "assets/site.js", "source/toy.h.html", "index.html",
                 "labs.html", "07-waker.html", *(f"exercises/{one.id}.html" for one in sound))
        for name in there:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("")
        (folder / "source.html").write_text(FRAME)
        (folder / "01-toy.html").write_text('<h2 id="play"></h2>')
    for language, folder in (("en", top), ("zh", top / "zh")):
        assert lab_pages.write(folder, book[language], labs.whole(root)) == []
        (top / FOLDER / f"slides.{language}.html").write_text("<h1 id=x>Slides</h1>")
    return SimpleNamespace(top=top, root=root, book=book,
                           read=lambda page: (top / page).read_text())  # fmt: skip


def test_above_the_text_stands_where_it_leads_and_what_the_lab_takes(site):
    page = site.read(f"{FOLDER}/handout.html")
    head, _, text = page.partition("</h1>")
    facts, _, rest = text.partition("</p>")
    assert head.endswith('<h1 id="lab">Lab 0: Toys') and page.count("<h1") == 1
    up = "../../"
    assert f'<a href="{up}labs.html">Labs</a>' in facts
    assert f'<a href="{up}{FOLDER}/teacher.html">teacher\'s page</a>' in facts
    assert f'<a href="{up}{FOLDER}/slides.en.html">slides</a>' in facts
    assert f'<a href="{up}01-toy.html">1 · &lt;Toys&gt;</a>' in facts
    assert "90 minutes" in facts and "14 points" in facts
    assert facts.count(f'href="{up}exercises/01-toy/') == 2
    assert "SPDX" not in rest and "<title>L0 Toys · handout - The book</title>" in page
    back = site.read(f"{FOLDER}/teacher.html")
    assert f'<a href="{up}{FOLDER}/handout.html">handout</a>' in back
    chinese = site.read(f"zh/{FOLDER}/handout.html")
    assert "90 分钟" in chinese and "教师页" in chinese and "一行接着" in chinese
    assert f'<a href="{up}../{FOLDER}/slides.zh.html">幻灯片</a>' in chinese


def test_the_teachers_page_has_what_is_made_from_the_facts(site):
    page = site.read(f"{FOLDER}/teacher.html")
    assert "{{" not in page and "30–90" in page and "What of three?" in page
    assert "$ labs/L0-toy/demo.sh\none &lt; two" in page
    assert re.search(r'<pre[^>]*><code[^>]* tabindex="0">|<code class="language-text">', page)


def test_a_link_of_the_file_leads_to_the_page_of_what_it_names(site):
    page = site.read(f"{FOLDER}/handout.html")
    up = "../../"
    for link in (f'href="{up}01-toy.html#play">the chapter', f'href="{up}source/toy.h.html">Source',
                 f'href="{up}exercises/01-toy/1-clamp.html">clamp',
                 f'href="{up}{FOLDER}/slides.en.html">slides',
                 f'<a href="{up}exercises/01-toy/2-double.html"><code>01-toy/2-double</code></a>'):
        assert link in page
    assert "</code></a> is a mistake" not in page
    found = links.check(site.top).broken
    ours = [ref.target for ref in found if FOLDER in ref.page]
    assert [target for target in ours if "/zh/" not in target] == []  # the frame is English


def test_fault_a_link_to_what_has_no_page(site):
    file = site.root / FOLDER / "handout.en.md"
    page = site.top / FOLDER / "handout.html"
    for target in ("../../notes/en/08-gone.md", "lab.toml", "hidden/clamp_seed_test.cpp",
                   "../L9-gone/handout.en.md", "../../exercises/01-toy/9-x/README.en.md"):
        page.unlink(missing_ok=True)
        file.write_text(f"# A\n\n\n[x]({target})\n")
        (wrong,) = lab_pages.write(site.top, site.book["en"], labs.whole(site.root))
        assert wrong.startswith(f"{FOLDER}/handout.en.md:4: ") and target in wrong
        assert not page.exists()


def test_fault_a_directive_that_is_none(site):
    (site.root / FOLDER / "teacher.en.md").write_text("# A\n\n{{ timelines }}\n")
    (wrong,) = lab_pages.write(site.top, site.book["en"], labs.whole(site.root))
    assert wrong.startswith(f"{FOLDER}/teacher.en.md:3: ")


def test_a_broken_lab_stops_no_other(site):
    (site.root / "labs" / "L1-broken").mkdir()
    (site.root / "labs" / "L1-broken" / "lab.toml").write_text("minutes = ")
    assert [lab.name for lab in labs.whole(site.root)] == ["L0-toy"]


def test_the_search_finds_a_lab_behind_the_chapters_and_no_slides(site):
    cutter = search_words.Cutter(search_words.dictionary())
    entries = search.of_tree(site.top, cutter)
    found = {entry["location"]: entry for entry in entries if FOLDER in entry["location"]}
    assert set(found) >= {f"{FOLDER}/handout.html", f"{FOLDER}/handout.html#the-goal",
                          f"{FOLDER}/teacher.html#timeline"}
    assert not any("slides" in location for location in found)
    assert all(0 < entry["boost"] < 1 for entry in found.values())
    assert site_search._is_of("http://x/", f"http://x/{FOLDER}/handout.html?h=b#the-goal")
    assert not site_search._is_of("http://x/", f"http://x/zh/{FOLDER}/handout.html")


def test_fault_an_entry_of_the_search_that_is_no_heading_of_a_lab(site):
    cutter = search_words.Cutter(search_words.dictionary())
    for page in ("", "zh/"):
        search.store(site.top / page, search.of_tree(site.top / page, cutter))
        for file in (site.top / page).glob("*.html"):
            file.unlink()
    for file in site.top.glob("**/exercises/*/*.html"):
        file.unlink()
    assert site_search.faults(site.top, []) == []
    told = json.loads((site.top / "search" / "search_index.json").read_text())
    told["docs"][-1]["title"] = "Another"
    search.store(site.top, told["docs"])
    assert ["Another" in problem.text for problem in site_search.faults(site.top, [])] == [True]


def test_the_browser_looks_at_both_pages_of_a_lab_in_each_language(site):
    looked = gate.of_tree(site.top)
    assert {page for page in looked if "labs/" in page} == {
        f"{lang}{FOLDER}/{kind}.html" for lang in ("", "zh/") for kind in pages.KINDS}


def test_the_table_leads_to_all_that_a_lab_has(site):
    (head, _, row) = lab_pages.table(site.root, "en").splitlines()
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert len(cells) == head.count("|") - 1
    assert cells[:4] == ["L0 · Toys", "[1](01-toy.md)", "90", "12 + 2"]
    assert [re.search('href="([^"]+)"', cell)[1] for cell in cells[4:]] == [
        f"{FOLDER}/handout.html", f"{FOLDER}/teacher.html", f"{FOLDER}/slides.en.html"]
    assert f'"../{FOLDER}/slides.zh.html"' in lab_pages.table(site.root, "zh")
    (site.root / FOLDER / "slides.en.md").unlink()
    assert lab_pages.table(site.root, "en").endswith("| – |")


def test_fault_a_table_of_a_broken_lab_is_one_line(site):
    (site.root / FOLDER / "lab.toml").write_text("")
    with pytest.raises(overviews.CannotList, match="labs/L0-toy/lab.toml"):
        overviews.LISTS["labs"](SimpleNamespace(root=site.root), SimpleNamespace(language="en"))


def test_the_labs_follow_the_chapters_in_the_navigation(tmp_path, monkeypatch):
    for name in ("index", "01-toy", "labs", "glossary"):
        (tmp_path / "en").mkdir(exist_ok=True)
        (tmp_path / "en" / f"{name}.md").touch()
    monkeypatch.setattr(content, "chapter_ids", lambda: ["01-toy"])
    assert content.navigation(tmp_path)[:-1] == [
        "index.md", {"Chapters": ["01-toy.md"]}, "labs.md", "glossary.md"]


PEEK = paths.EXERCISES / "05-reading" / "1-peek"


@pytest.mark.parametrize(("file", "whole"), [
    (paths.LABS / "L3-linkbuffer" / "handout.en.md", True),
    (PEEK / "README.en.md", True),
    (PEEK / "mutants" / "copying_consumes.toml", True),  # its help, on a teacher's page
    (PEEK / "hints.en.toml", False),
])  # fmt: skip
def test_a_change_of_what_is_made_after_mkdocs_is_the_whole_sites(file, whole):
    Live()._showing(file, done := Rendered())
    assert file.is_file() and done.whole is whole


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_lab_has_its_pages(language):
    """The real ones: each link leads to a page that the site has, as the table's do."""
    every, _ = catalogue.whole(paths.ROOT)
    titles = {f"{c.id}.html": f"{c.number} · {c.title[language]}" for c in chapters.load_all()}
    book = Book(paths.ROOT, language, titles, {one.id: one for one in every}, to_html)
    found = labs.whole()
    assert len(found) == len(labs.folders()) >= 8
    for lab in found:
        for kind in pages.KINDS:
            text = lab_pages.text(lab, kind, book)
            told = tree_pages.article(text, book, "../../")
            assert told.count('<h1 id="lab">') == 1 and "{{" not in told
        made = Path(lab_pages.slides_of(lab, language)).name
        assert made in {file.with_suffix(".html").name for file in slides.files(lab=lab.name)}
    assert lab_pages.table(paths.ROOT, language).count("\n") == len(found) + 1
