# SPDX-License-Identifier: Apache-2.0
"""A page that changes while the site is served: what is made again, and that the site then
is, byte for byte, what a cold build of the same tree makes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from learn import paths
from learn.gate import Problem
from learn.site import outline, watch
from learn.site.watch import Follower
from learn.site.worker import WorkerGone

PAGES = {
    "index": "# Home\n\nSee [how to read](how-to-read.md#old).\n",
    "how-to-read": '# How\n\nOld words.\n{: #old }\n\n## Terms {#terms}\n\nA poller waits.\n\n'
                   '{{ src("Trigger::pull") }}\n',
    "glossary": '# Terms\n\n{{ all("terms") }}\n',
}  # fmt: skip
GLOSSARY = '[[term]]\nen = "poller"\nzh = "轮询器"\n'
SCRIPT = """
import json, shutil
from pathlib import Path
from learn.site import build, content
from learn.site.worker import Worker

HOW = Path("notes/en/how-to-read.md").resolve()

EXERCISE = Path("exercises/03-mcache/1-sizes").resolve()

def edit(*pairs):
    text = HOW.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    HOW.write_text(text)

def written():
    return {str(f.relative_to(content.SITE)): f.stat().st_mtime_ns
            for f in content.SITE.rglob("*.html")}

def render(*pairs, file=HOW):
    before = written()
    edit(*pairs)
    answer = worker.now("render", files=[str(file)])
    answer["lists"] = worker.now("lists")["pages"]
    answer["problems"] = list(map(str, answer["problems"]))
    after = written()
    return answer | {"written": sorted(f for f in after if after[f] != before.get(f))}

told = {}
try:
    with Worker() as worker:
        told["built"] = list(map(str, worker.build(True)))
        told["body"] = render(("Old words", "New words, of a socket"))
        told["prose"] = render(("A poller", "A **poller**"))
        told["mistake"] = render(("Trigger::pull", "Trigger::pulls"))
        told["link"] = render(("Trigger::pulls", "Trigger::pull"), ("#old", "#new"))
        told["mended"] = render(("#new", "#old"))
        shutil.copytree(content.SITE, "warm")
        told["heading"] = render(("## Terms {#terms", "## The terms {#words"))
        told["source"] = render(file=Path("src/netpoll/base/trigger.h").resolve())
        edit(("## The terms {#words", "## Terms {#terms"))
        for name in ("README.en.md", "hints.en.toml"):
            told[name] = render(file=EXERCISE / name)
    told["cold"] = list(map(str, build.run()))
except build.SiteUnavailable as error:
    told["unavailable"] = str(error)
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What happened in a small tree with the tools in it; `root` is the tree."""
    root = tmp_path_factory.mktemp("tree")
    unneeded = shutil.ignore_patterns("node_modules", "__pycache__")
    for name in ("tools", "notes/assets", "notes/upstream", "src/netpoll/base"):
        shutil.copytree(paths.ROOT / name, root / name, ignore=unneeded)
    shutil.copyfile(paths.ROOT / "mkdocs.yml", root / "mkdocs.yml")
    (root / "tools" / "node" / "node_modules").symlink_to(paths.NODE / "node_modules")
    (root / ".venv").symlink_to(paths.VENV)
    for language in ("en", "zh"):
        (root / "notes" / language).mkdir()
        for name, text in PAGES.items():
            (root / "notes" / language / f"{name}.md").write_text(text)
    zh = root / "notes" / "zh" / "how-to-read.md"
    zh.write_text(zh.read_text().replace("A poller", "一个**轮询器**"))
    (root / "notes" / "glossary.toml").write_text(GLOSSARY)
    exercise = root / "exercises" / "03-mcache" / "1-sizes"
    exercise.mkdir(parents=True)
    (exercise / "README.en.md").write_text("# Sizes\n")
    (exercise / "hints.en.toml").write_text("hints = []\n")
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=root, text=True, capture_output=True,
        env=os.environ | {"PYTHONPATH": str(root / "tools"), "LEARN_LANG": "en",
                          "SOURCE_DATE_EPOCH": "1700000000"},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    if "unavailable" in told:
        pytest.skip(told["unavailable"])
    assert told["built"] == []
    return told | {"root": root}


def test_of_a_change_in_the_text_one_page_is_made_again(told):
    assert told["body"]["written"] == ["how-to-read.html"] == told["body"]["pages"]
    assert not told["body"]["whole"] and not told["body"]["problems"]


def test_a_term_that_is_explained_now_changes_the_lists_of_both_languages(told):
    assert told["prose"]["pages"] == ["how-to-read.html"]
    assert told["prose"]["lists"] == ["glossary.html", "zh/glossary.html"]
    assert len(told["prose"]["written"]) == 3
    assert not told["prose"]["whole"]


def test_a_mistake_is_one_line_and_the_old_page_stays(told):
    (problem,) = told["mistake"]["problems"]
    assert problem.startswith("notes/en/how-to-read.md:10:") and "Trigger::pulls" in problem
    assert told["mistake"]["written"] == told["mistake"]["pages"] == []
    assert not told["mistake"]["whole"]  # the whole build would only say it again


def test_a_link_of_another_page_that_leads_nowhere_now_is_a_mistake(told):
    (problem,) = told["link"]["problems"]
    assert problem.startswith("notes/en/index.md") and "#old" in problem
    assert told["link"]["written"] == []


def test_the_mended_page_is_made_again(told):
    assert told["mended"]["written"] == ["how-to-read.html"]
    assert not told["mended"]["problems"] and not told["mended"]["whole"]


def test_the_site_is_what_a_cold_build_makes(told):
    assert told["cold"] == []
    warm, cold = files(told["root"] / "warm"), files(told["root"] / "build" / "site")
    assert sorted(warm) == sorted(cold) and len(warm) > 50
    assert [name for name in warm if warm[name] != cold[name]] == []
    assert b"New words, of a socket" in warm["search/search_index.json"]


def files(top: Path) -> dict[str, bytes]:
    return {str(f.relative_to(top)): f.read_bytes() for f in top.rglob("*") if f.is_file()}


def test_a_heading_or_a_source_is_more_than_a_page(told):
    changed = ["glossary.html", "how-to-read.html"]  # the glossary leads to the heading
    assert told["heading"]["whole"] and told["heading"]["written"] == changed
    assert told["heading"]["problems"] == []  # of links to the old one: the whole build tells
    assert told["source"]["whole"] and told["source"]["written"] == []
    assert told["README.en.md"]["whole"] and not told["hints.en.toml"]["whole"]


@pytest.mark.parametrize(("old", "new", "same"), [
    ("Old words", "Other words", True),
    ("## Terms", "## Words", False),
    ("{#terms}", "{#words}", False),
    ("Trigger::pull", "Trigger::push", False),
    ("# How", "---\ntitle: x\n---\n# How", False),
    ("A poller", "## More\n\nA poller", False),
])  # fmt: skip
def test_an_outline_is_what_other_pages_take(old, new, same):
    page = PAGES["how-to-read"]
    assert (outline.of(page.replace(old, new)) == outline.of(page)) is same


class FakeWorker:
    """Answers what it is told; keeps what it was asked."""

    made: list["FakeWorker"] = []

    def __init__(self, **answers):
        self.answers, self.asked, self.ready, self.ended = answers, [], False, False
        FakeWorker.made.append(self)

    def __exit__(self, *_):
        self.ended = True

    def ask(self, do, **more):
        self.asked.append((do, *map(tuple, filter(lambda v: isinstance(v, list), more.values()))))

    def answer(self, seconds):
        if isinstance(self.answers.get("build"), Exception):
            raise self.answers["build"]
        return {"problems": self.answers.get("build", [])} if self.ready else None

    def now(self, do, **more):
        self.ask(do, **more)
        pages = ["a.html"] if do == "render" else []
        return {"pages": pages, "problems": [], "whole": False} | self.answers.get(do, {})


@pytest.fixture
def said(monkeypatch):
    monkeypatch.setenv("LEARN_LANG", "en")
    FakeWorker.made.clear()
    return []


A, B = Path("/n/en/a.md"), Path("/n/en/b.md")


def test_a_page_alone_starts_no_whole_build(said):
    follower = Follower(first := FakeWorker(), FakeWorker, tell=said.append)
    follower.changed([A])
    follower.quiet()
    assert first.asked == [("render", (str(A),)), ("lists",)] and FakeWorker.made == [first]
    follower.quiet()
    assert len(first.asked) == 2
    (line,) = said
    assert line.startswith("a.html made again in ")


def test_more_than_a_page_is_built_by_a_second_process_which_takes_over(said):
    follower = Follower(first := FakeWorker(render={"whole": True}), FakeWorker, tell=said.append)
    follower.changed([A])
    assert FakeWorker.made == [first]  # not before it is quiet
    follower.quiet()
    (_, second) = FakeWorker.made
    follower.changed([B])  # the first serves on
    follower.quiet()
    lists = ("lists",)
    assert first.asked == [("render", (str(A),)), lists, ("render", (str(B),)), lists]
    assert second.asked == [("build",)] and not first.ended
    second.ready = True
    follower.quiet()
    assert second.asked[1:] == [("place",), ("render", (str(B),))]
    assert first.ended and follower.worker is second
    follower.quiet()
    assert second.asked[-1] == lists and len(FakeWorker.made) == 2  # it is whole now
    assert len([line for line in said if "in the background" in line]) == 1


def test_a_whole_build_with_a_mistake_leaves_the_site_and_is_tried_at_the_next_change(said):
    first = FakeWorker(render={"whole": True})
    problem = Problem("notes/en/a.md", 3, "no such symbol", "mend it")
    follower = Follower(first, lambda: FakeWorker(build=[problem]), tell=said.append)
    follower.changed([A])
    follower.quiet()
    FakeWorker.made[1].ready = True
    follower.quiet()
    assert said[-1] == "notes/en/a.md:3: no such symbol — mend it; the site keeps what it had."
    assert FakeWorker.made[1].ended and follower.worker is first and not first.ended
    follower.quiet()
    assert len(FakeWorker.made) == 2
    first.answers = {}
    follower.changed([B])
    follower.quiet()
    assert len(FakeWorker.made) == 3


def test_without_a_first_process_the_first_change_builds_one(said):
    follower = Follower(None, FakeWorker, tell=said.append)
    follower.changed([A])
    follower.quiet()
    (only,) = FakeWorker.made
    only.ready = True
    follower.quiet()
    assert only.asked == [("build",), ("place",)] and follower.worker is only


def test_a_process_that_died_is_told_and_replaced(said):
    first = FakeWorker()
    first.now = lambda *_, **__: (_ for _ in ()).throw(WorkerGone("it died"))
    follower = Follower(first, FakeWorker, tell=said.append)
    follower.changed([A])
    follower.quiet()
    assert "it died" in said[0] and first.ended and len(FakeWorker.made) == 2


@pytest.mark.parametrize("name", ["notes/parity.json", "notes/en/.#a.md", "notes/en/4913",
                                  "notes/en/a.md~"])  # fmt: skip
def test_what_an_editor_leaves_behind_is_no_change(said, name):
    follower = Follower(first := FakeWorker(), FakeWorker, tell=said.append)
    follower.changed([Path("/") / name])
    assert first.asked == [] and said == []


def test_all_that_the_site_is_made_from_is_watched():
    read = {paths.NOTES, paths.EXERCISES, paths.LABS, paths.SRC, paths.CHAPTERS}
    assert read <= set(watch.WATCHED)
