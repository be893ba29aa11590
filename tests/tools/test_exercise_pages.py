# SPDX-License-Identifier: Apache-2.0
"""A page of the site for each exercise: what it says, where it leads, and what it keeps."""

import json
from types import SimpleNamespace

import markdown
import pytest

from learn import paths
from learn.exercise import catalogue
from learn.exercise.model import Exercise, Hole
from learn.gates import site as gate
from learn.gates import site_search
from learn.site import chapters, exercise_pages, links, search, search_words, tree_pages
from learn.site.tree_pages import Book
from test_source_pages import FRAME

README = {
    "en": "# The {name}\n\nWhy **so**? See [the other](../{other}/README.en.md) and\n"
          "[the chapter](../../../notes/en/07-waker.md#bell).\n\n## How to work\n\n"
          "```sh\n./learn start 07-waker/{name}\n```\n",
    "zh": "# 练习 {name}\n\n为什么？看看[另一个](../{other}/README.zh.md)，\n"
          "再看[这一章](../../../notes/zh/07-waker.md#bell)。\n",
}  # fmt: skip
TITLES = {"07-waker.html": "7 · The <waker>"}
NAMES = ("1-ring", "2-late")
LICENCE = "<!-- SPDX-License-Identifier: Apache-2.0 -->\n"


def to_html(text: str) -> str:
    toc = {"toc": {"permalink": "#", "permalink_title": " "}}
    return markdown.markdown(text, extensions=["toc", "tables", "fenced_code"],
                             extension_configs=toc)  # fmt: skip


def made(root, name, other) -> Exercise:
    exercise = Exercise(
        id=f"07-waker/{name}", root=root, kind="fill", minutes=35, stars=2,
        prerequisites=["07-waker", f"07-waker/{other}"],
        title={"en": f"Title {name} & more", "zh": f"题目 {name}"}, after={"en": "?", "zh": "？"},
        holes=[Hole("ring", {"en": "SECRET", "zh": "SECRET"}, "SECRET")],
    )  # fmt: skip
    exercise.directory.mkdir(parents=True)
    for language, text in README.items():
        readme = text.format(name=name, other=other)
        exercise.readme(language).write_text(LICENCE + readme, encoding="utf-8")
        exercise.hints_file(language).write_text('hints = ["SECRET", "SECRET", "SECRET"]\n')
    return exercise


def book(root, language, exercises, titles=TITLES) -> Book:
    return Book(root, language, titles, {one.id: one for one in exercises}, to_html)


@pytest.fixture
def site(tmp_path):
    """A site of two languages, with the pages of two exercises."""
    root, top = tmp_path / "tree", tmp_path / "site"
    for language in ("en", "zh"):
        (root / "notes" / language).mkdir(parents=True)
        (root / "notes" / language / "07-waker.md").write_text("# Waker\n")
    exercises = [made(root, *pair) for pair in (NAMES, NAMES[::-1])]
    for folder in (top, top / "zh"):
        (folder / "assets").mkdir(parents=True)
        (folder / "source.html").write_text(FRAME)
        (folder / "index.html").write_text("")
        (folder / "07-waker.html").write_text('<h2 id="exercises"></h2><h2 id="bell"></h2>')
        for name in ("a.css", "s.js", "site.js"):
            (folder / "assets" / name).write_text("")
    for language, folder in (("en", top), ("zh", top / "zh")):
        assert exercise_pages.write(folder, book(root, language, exercises)) == []
    return SimpleNamespace(top=top, root=root, exercises=exercises,
                           en=(top / exercise_pages.page_of("07-waker/1-ring")).read_text(),
                           zh=(top / "zh/exercises/07-waker/1-ring.html").read_text())  # fmt: skip


def test_the_page_is_the_readme_with_what_is_known_of_it_above(site):
    head, _, text = site.en.partition("</h1>")
    facts, _, rest = text.partition("</p>")
    assert head.endswith('<h1 id="exercise">The 1-ring') and site.en.count("<h1") == 1
    for told in ("fill", "35 minutes", 'aria-label="level 2 of 3">★★', "07-waker/1-ring"):
        assert told in facts
    assert "Why <strong>so</strong>?" in rest and '<code class="language-sh">' in rest
    assert "补全" in site.zh and "35 分钟" in site.zh and "练习 1-ring" in site.zh


def test_it_leads_to_its_chapter_to_what_it_needs_and_where_the_readme_leads(site):
    up = "../../"
    assert f'<a href="{up}07-waker.html#exercises">7 · The &lt;waker&gt;</a>' in site.en
    assert f'<a href="{up}exercises/07-waker/2-late.html">Title 2-late &amp; more</a>' in site.en
    assert f'<a href="{up}exercises/07-waker/2-late.html">the other</a>' in site.en
    assert f'<a href="{up}07-waker.html#bell">the chapter</a>' in site.en
    broken = [ref.target for ref in links.check(site.top).broken if "exercises/" in ref.page]
    assert [target for target in broken if "zh/" not in target] == []


def test_the_frame_is_that_of_the_site_and_no_page_of_it_is_marked_as_open(site):
    assert "<title>Title 1-ring &amp; more - The book</title>" in site.en
    assert 'href="#exercise" class="md-skip"' in site.en and "Previous" not in site.en
    assert 'href="../../zh/exercises/07-waker/1-ring.html" hreflang="zh"' in site.en
    assert "md-nav__link--active" not in site.en


def test_hints_and_solution_stand_on_no_page(site):
    assert "SECRET" not in site.en + site.zh


def test_a_readme_that_leads_to_no_page_is_told_and_gets_none(site):
    exercise = site.exercises[0]
    page = site.top / exercise_pages.page_of(exercise.id)
    for target in ("../3-gone/README.en.md", "../../../notes/en/08-gone.md", "hints.en.toml"):
        page.unlink(missing_ok=True)
        exercise.readme("en").write_text(f"# A\n\n[x]({target})\n")
        (wrong,) = exercise_pages.write(site.top, book(site.root, "en", [exercise]))
        assert wrong.startswith("exercises/07-waker/1-ring/README.en.md:3: ")
        assert target in wrong and not page.exists()


def entries(site, language):
    cutter = search_words.Cutter(search_words.dictionary())
    return search.of_tree(site.top / search.FOLDERS[language], cutter)


def test_the_search_finds_an_exercise_behind_the_chapters(site):
    found = {entry["location"]: entry for entry in entries(site, "en")}
    page = "exercises/07-waker/1-ring.html"
    assert set(found) >= {page, f"{page}#how-to-work", "exercises/07-waker/2-late.html"}
    assert found[page]["title"] == "The 1-ring" and "Why so?" in found[page]["text"]
    assert all(0 < entry["boost"] < 1 for entry in found.values())
    assert "The &lt;waker&gt;" not in found[page]["text"]  # a title of another page is no text
    assert entries(site, "zh")[0]["location"].startswith("exercises/07-waker/")


def test_fault_an_entry_of_the_search_that_is_no_heading_of_the_page(site):
    for language in ("en", "zh"):
        search.store(site.top / search.FOLDERS[language], entries(site, language))
    for page in ("", "zh/"):
        for name in ("index.html", "source.html", "07-waker.html"):
            (site.top / page / name).unlink()
    assert site_search.faults(site.top, []) == []
    index = site.top / "search" / "search_index.json"
    told = json.loads(index.read_text())
    told["docs"][0]["title"] = "Another"
    search.store(site.top, told["docs"])
    assert ["Another" in problem.text for problem in site_search.faults(site.top, [])] == [True]


@pytest.mark.parametrize("link", ["http://x/zh/exercises/07-waker/1-ring.html#a",
                                  "http://x/zh/a.html?h=b"])  # fmt: skip
def test_a_page_of_an_exercise_is_one_of_its_language(link):
    assert site_search._is_of("http://x/zh/", link)
    assert not site_search._is_of("http://x/", link)


def test_the_browser_looks_at_one_of_each_language(site):
    first = "exercises/07-waker/1-ring.html"
    assert gate.of_tree(site.top) == [first, f"zh/{first}"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_exercise_has_an_article(language):
    """The real ones: each README's links lead to pages that the site has."""
    every, _ = catalogue.whole(paths.ROOT)
    titles = {f"{c.id}.html": f"{c.number} · {c.title[language]}" for c in chapters.load_all()}
    assert len(every) > 40
    known = book(paths.ROOT, language, every, titles)
    for exercise in every:
        text = exercise_pages.text(exercise, known)
        told = tree_pages.article(text, known, "../../")
        assert told.count('<h1 id="exercise">') == 1
