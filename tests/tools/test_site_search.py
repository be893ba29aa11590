# SPDX-License-Identifier: Apache-2.0
"""The search: what a page gives to it, how a query is read, and planted faults."""

import functools
import json
import shutil
import subprocess
from pathlib import Path

import material
import pytest

from learn.gates import site_search
from learn.setup import node
from learn.site import content, questions, search, search_api, search_page, search_words

ARTICLE = (
    '<html><body><h1 id="x">Outside</h1><article class="md-content__inner md-typeset">'
    '<h1 id="a">{title}<a class="headerlink" href="#a">#</a></h1><p>{first}</p>'
    '<h2 id="deep">{heading}<a class="headerlink" href="#deep">#</a></h2>{body}'
    '<h2 id="sourcemap">Source map</h2><table><tr><td><code>Poller::run</code></td></tr></table>'
    "</article></body></html>"
)
BODY = (
    '<figure class="trace"><svg><text>drawn</text></svg><ol><li>a step in words</li></ol></figure>'
    '<nav class="trace-near"><ul><li>step 4</li></ul></nav>'
    '<div class="highlight"><table><tr><th><span class="filename">a.cpp</span></th></tr><tr>'
    '<td class="linenos"><pre>17</pre></td><td><pre><code>auto hidden_name = 1;</code></pre></td>'
    '</tr></table></div><p class="piece-source">a.cpp:17 · <code>Output::flush</code></p>'
    "<p>Prose with <code>try_process</code> &lt;here&gt;.</p>"
)


def article(**parts):
    return ARTICLE.format(**({"title": "A", "first": "f", "heading": "Deep", "body": BODY} | parts))


def test_prose_is_text_and_code_and_figures_are_not():
    first, deep, last = search_page.read(article())
    assert (first.id, first.title, first.text) == ("", "A", "<p>f</p>")
    assert (deep.id, deep.title) == ("deep", "Deep")
    assert deep.text == "<p>Prose with try_process &lt;here&gt;.</p>"
    assert deep.symbols == ["Output::flush"]
    assert set(deep.code) == {"auto", "hidden_name"}
    assert (last.text, set(last.code)) == ("", {"Poller", "run"})


def notes(folder, words="[half-close]", at="{deep: [double free]}"):
    for language in content.LANGUAGES:
        (folder / "notes" / language).mkdir(parents=True, exist_ok=True)
        for page in ("a", "b"):
            (folder / "notes" / language / f"{page}.md").write_text(
                f"---\nsearch:\n  words: {words}\n  at: {at}\n---\n\n# A\n"
            )
    return folder / "notes"


def test_the_words_of_a_page_and_of_its_headings(tmp_path):
    words = search_words.of_page(notes(tmp_path) / "en" / "a.md")
    assert words.of("") == ["half-close"] and words.of("deep") == ["double free"]
    assert words.of("else") == [] and words.all == ["half-close", "double free"]


@pytest.mark.parametrize("front", ["search: [x]", "search: {words: x}", "search: {at: {a: x}}"])
def test_words_that_are_no_list_are_an_error(tmp_path, front):
    (tmp_path / "a.md").write_text(f"---\n{front}\n---\n")
    with pytest.raises(search_words.BadWords):
        search_words.of_page(tmp_path / "a.md")


def test_the_glossary_and_the_search_words_stay_whole(tmp_path):
    folder = notes(tmp_path, words="[半关闭, 一个很长的句子不算]")
    (folder / "glossary.toml").write_text('[[term]]\nen = "x"\nzh = ["甲乙丙", "futex"]\n')
    (tmp_path / "words.txt").write_text("# a comment\n丁戊 100 n\n")
    words = search_words.dictionary(folder, tmp_path / "words.txt")
    assert words == ["半关闭", "甲乙丙", "丁戊"]
    assert search_words.Cutter(words).cut("说半关闭好") == "说\u200b半关闭\u200b好"


def test_a_symbol_is_found_by_its_name_and_says_one_sentence(tmp_path):
    (tmp_path / "a.h").write_text("/// Wakes `it`. Then\n/// more.\nvoid ring();\n")

    class Symbol:
        name, kind, file, comment_start, start = "netpoll::Waker::ring", "function", "a.h", 1, 3

    class Api:
        pages = {"netpoll::Waker::ring": "classnetpoll_1_1Waker.html#a1"}

    page, entry = search_api.entries(Api, [Symbol], tmp_path, "../")
    assert (page["location"], page["title"]) == ("../api/classnetpoll_1_1Waker.html", "Waker")
    assert (entry["title"], entry["text"]) == ("Waker::ring", "<p>Wakes it.</p>")


# Small sites, with the theme's own worker

PAGES = {
    "en": {"a": ("Half a close", "A peer shuts down one half of epoll_wait."),
           "b": ("Lists", "A list for each thread; what ends is a process of try and error.")},
    "zh": {"a": ("只关一半", "对端只关掉一半，另一半还开着。"), "b": ("链表", "每个线程一个链表。零拷贝。")},
}  # fmt: skip


def ask(page, **asked):
    text = {"en": "?", "zh": "？"}
    return questions.Question(page, "deep", text, {"en": [], "zh": []} | asked)


@pytest.fixture
def site(tmp_path, monkeypatch):
    if not node.program():
        pytest.skip("no node")
    folder = notes(tmp_path, words="[half-close, 半关闭]", at="{}")
    for language, pages in PAGES.items():
        home = tmp_path / "site" / search.FOLDERS[language]
        home.mkdir(exist_ok=True, parents=True)
        for name, (title, first) in pages.items():
            (home / f"{name}.html").write_text(article(title=title, first=first))
    for page in ("en", "zh"):
        (folder / page / "b.md").write_text("---\nsearch: {words: [other]}\n---\n")
    worker = next(Path(material.__file__).parent.glob(f"templates/{search.WORKERS}"))
    target = tmp_path / "site" / Path(search.WORKERS).parent
    target.mkdir(parents=True)
    shutil.copy(worker, target)
    monkeypatch.setattr(search_words.paths, "NOTES", folder)
    make(tmp_path / "site", folder)
    return tmp_path / "site"


@functools.cache
def cutter():
    return search_words.Cutter(["零拷贝"])


def make(site, folder):
    for language in content.LANGUAGES:
        entries = search.of_pages(site, language, cutter(), folder)
        search.store(site / search.FOLDERS[language], entries)
    for worker in site.glob(search.WORKERS):
        search.ask_better(worker)


def run(checker, job):
    done = subprocess.run([node.program(), checker], input=json.dumps(job), text=True,
                          capture_output=True, check=True)  # fmt: skip
    return json.loads(done.stdout)


def first(site, language, query):
    found = site_search.asked(site, run, [ask("a", **{language: [query]})])[0]
    return [group[0] for group in found.groups]


@pytest.mark.parametrize("language, query, page", [
    ("en", "half-close", "a.html"), ("en", "Half closes", "a.html"), ("zh", "半关闭", "a.html"),
    ("zh", "零拷贝", "b.html"), ("en", "what is epoll_wait?", "a.html"), ("en", "epoll", "a.html"),
    ("zh", "零拷贝是怎么支持的？", "b.html"), ("en", "hidden_name", "a.html#deep"),
    ("en", "HiddenName", "a.html#deep"), ("en", "Output::flush", "a.html#deep"),
])  # fmt: skip
def test_a_query_finds_its_page_first(site, language, query, page):
    assert first(site, language, query)[0] == page


@pytest.mark.parametrize("language, query", [
    ("zh", "peer"), ("en", "链表"), ("en", "a"), ("en", "***"), ("zh", "？"), ("en", "drawn"),
])  # fmt: skip
def test_what_is_on_no_page_of_the_language_is_not_found(site, language, query):
    assert first(site, language, query) == []


def test_a_name_is_one_word(site):
    """`try_process` is not "try" and "process", which page b has."""
    assert {at.partition("#")[0] for at in first(site, "en", "try_process")} == {"a.html", "b.html"}
    (site / "b.html").write_text(article(title="Lists", body="<p>to try a process</p>"))
    make(site, search_words.paths.NOTES)
    assert [at.partition("#")[0] for at in first(site, "en", "try_process")] == ["a.html"]


def test_the_reference_comes_after_a_chapter(site):
    entries = search.of_pages(site, "en", cutter(), search_words.paths.NOTES)
    page = {"location": "api/x.html", "title": "Output", "text": "", "boost": search_api.WEIGHT}
    flush = page | {"location": "api/x.html#a1", "title": "Output::flush"}
    search.store(site, [page, flush, *entries])
    assert first(site, "en", "Output::flush") == ["a.html#deep", "b.html#deep", "api/x.html#a1"]


def verdict(site, wanted):
    found = site_search.asked(site, run, wanted)
    return site_search.faults(site, wanted), site_search.missed(found)


def test_right_indexes_are_green(site):
    wanted = [ask("a", en=["half-close"], zh=["半关闭"])]
    assert verdict(site, wanted) == ([], [])


def test_the_other_languages_pages_in_an_index_are_red(site):
    for name in ("search_index.json", "search_index.js"):
        shutil.copy(site / "search" / name, site / "zh" / "search" / name)
    wrong, lost = verdict(site, [ask("b", zh=["零拷贝"])])
    assert {problem.file for problem in wrong} == {"zh/search/search_index.json"}
    assert [problem.file for problem in lost] == ["notes/questions.toml"]


def test_a_page_without_its_words_is_red(site):
    (search_words.paths.NOTES / "en" / "a.md").write_text("# A\n")
    make(site, search_words.paths.NOTES)
    wrong, _ = verdict(site, [ask("a", en=["shutdown half-close other"])])
    assert [problem.file for problem in wrong] == ["notes/en/a.md"]


def test_an_old_index_for_opened_files_is_red(site):
    (site / "search" / "search_index.js").write_text("var __index = {}")
    wrong, _ = verdict(site, [])
    assert [problem.file for problem in wrong] == ["search/search_index.json"]


def test_an_answer_that_is_not_there_is_red(site):
    wanted = [questions.Question("a", "gone", {"en": "?", "zh": "？"}, {"en": [], "zh": []})]
    assert len(site_search.faults(site, wanted)) == 2  # one for each language


def test_a_lost_query_is_red_only_when_too_many_are(site):
    many = [ask("a", en=["half-close"])] * 19
    assert verdict(site, [*many, ask("a", en=["链表"])])[1] == []
    assert len(verdict(site, [*many, *[ask("a", en=["链表"])] * 2])[1]) == 2


def test_a_chinese_page_has_its_own_base(tmp_path):
    page = tmp_path / "a.html"
    config = '<script id="__config" type="application/json">{"annotate": null, "base": ".."}'
    page.write_text(config)
    search.own_base(page)
    assert '"base": "."' in page.read_text()


# The questions themselves


def test_there_are_enough_questions_and_each_leads_to_a_heading():
    every = questions.load()
    assert len(every) >= 60
    for question in every:
        for language in content.LANGUAGES:
            page = paths_of(language, question.page).read_text()
            assert f"{{#{question.heading}}}" in page, question
            assert 1 <= len(question.asked[language]) <= 3, question


def paths_of(language, page):
    return Path(__file__).resolve().parents[2] / "notes" / language / f"{page}.md"


def test_the_table_has_each_question_once():
    root = Path(__file__).resolve().parents[2]
    for language in content.LANGUAGES:
        rows = questions.table(root, language).splitlines()
        asked = [row for row in rows if row.startswith("| ") and ".md#" in row]
        assert len(asked) == len(set(asked)) == len(questions.load())


@pytest.mark.parametrize("line", ['at = "a"\nen = "x"', 'at = "a#b"\nen = "x"\nzh = "y"'])
def test_a_question_without_a_place_or_queries_is_an_error(tmp_path, line):
    (tmp_path / "questions.toml").write_text(f"[[question]]\n{line}\n")
    with pytest.raises(questions.BadQuestions):
        questions.load(tmp_path)
