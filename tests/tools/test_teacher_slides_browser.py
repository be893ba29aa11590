# SPDX-License-Identifier: Apache-2.0
"""Slides in Chromium: what fits, what is cut off, and what a broken script does."""

import pytest

from learn import say
from learn.gate import verdict
from learn.gates import labs_slides, site
from learn.teacher import slides, template
from test_site import browser_or_skip
from test_teacher_slides import a_lab, deck

FOLDER = template.FOLDER
CODE = "\n".join(f"int line_{n} = {n};" for n in range(19))
FULL = f"# As much as fits\n\n```cpp\n{CODE}\n```"
LONG = "# Forty lines\n\n```text\n" + "\n".join(f"line {n}" for n in range(40)) + "\n```"
WIDE = "# Wide\n\n```text\n" + "x" * 140 + "\n```"
PROSE = "# 一整段\n\n" + "这一段话太长，一张幻灯片放不下。" * 60


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("LEARN_LANG", "en")
    monkeypatch.setattr(say, "_chosen", None)
    browser_or_skip()


def found(tmp_path, *first):
    a_lab(tmp_path, languages=("en",), text=deck(*first))
    figures, problems = labs_slides.check(tmp_path)
    assert figures == {"slides": 8}
    return [(problem.file, problem.text) for problem in problems]


def test_nothing_is_wrong_with_slides_that_fit(tmp_path):
    assert found(tmp_path, FULL) == []


def test_slides_that_overflow_are_red(tmp_path):
    told = found(tmp_path, FULL, LONG, WIDE, PROSE)
    assert {file for file, _ in told} == {"labs/L9-x/slides.en.md"}
    assert [text.split(":")[0] for _, text in told] == [
        "slide 2, “Forty lines”", "slide 3, “Wide”", "slide 4, “一整段”"]
    assert " 0 too wide" in told[0][1] and ": 0 pixels too high" in told[1][1]


# What is put into the script or the style instead, and what is seen.
FAULTS = {
    "keys": ("slides.js", 'ArrowRight: "next"', 'ArrowRight: "last"', "the keys do not lead"),
    "speaker": ("slides.js", "other.postMessage", "void ", "the speaker's window"),
    "lead": ("slides.js", "event.source !== other", "true", "the speaker's window"),
    "print": ("slides.css", "relative; display: block", "relative; display: none", "it prints"),
    "request": ("slides.css", ":root {", ":root { background: url(http://127.0.0.2:9/x.png);",
                "an error or a request"),
    "error": ("slides.js", "fit();\nshow", "nothing();\nshow", "an error or a request"),
}


def spoilt(folder, monkeypatch, file, was, now):
    """The templates with one of them changed."""
    folder.mkdir(parents=True)
    for one in FOLDER.iterdir():
        text = one.read_text("utf-8")
        assert one.name != file or was in text
        (folder / one.name).write_text(text.replace(was, now) if one.name == file else text)
    monkeypatch.setattr(template, "FOLDER", folder)
    template._environment.cache_clear()


def test_planted_faults_are_seen(tmp_path, monkeypatch):
    """Each on a page of its own, in one browser."""
    made = {}
    try:
        for fault, (file, was, now, _) in FAULTS.items():
            spoilt(tmp_path / "templates" / fault, monkeypatch, file, was, now)
            (tmp_path / "site").mkdir(exist_ok=True)
            page = slides.page(slides.parse(deck(), "x.md"), "en")
            (tmp_path / "site" / f"{fault}.html").write_text(page)
            made[f"{fault}.html"] = fault
    finally:
        template._environment.cache_clear()
    count, problems = labs_slides.look(tmp_path / "site", made, seconds=5)
    assert count == 8 * len(FAULTS)
    for fault, (*_, says) in FAULTS.items():
        told = [problem.text for problem in problems if problem.file == fault]
        assert any(text.startswith(says) for text in told), (fault, told)


def test_the_gate_of_the_labs_is_red_for_a_slide_that_overflows(tmp_path):
    a_lab(tmp_path, languages=("en",), text=deck(LONG))
    sound = verdict("labs", {"labs": 1}, [])
    for _ in range(2):  # a red verdict is not remembered
        result = labs_slides.with_slides(sound, tmp_path / "home", tmp_path)
        assert (result.check, result.ok) == ("labs", False)
        assert result.figures == {"labs": 1, "slides": 8}
        assert "slide 1, “Forty lines”" in str(result.problems[0])


def test_what_was_green_is_remembered_until_it_changes(tmp_path, monkeypatch):
    a_lab(tmp_path, languages=("en",))
    sound, asked = verdict("labs", {}, []), []
    monkeypatch.setattr(labs_slides, "check", lambda _: asked.append(1) or ({"slides": 8}, []))
    for count in (1, 1):
        result = labs_slides.with_slides(sound, tmp_path / "home", tmp_path)
        assert (result.ok, result.figures, len(asked)) == (True, {"slides": 8}, count)
    a_lab(tmp_path, languages=("en",), text=deck("# Other"))
    labs_slides.with_slides(sound, tmp_path / "home", tmp_path)
    assert len(asked) == 2
    monkeypatch.setattr(labs_slides, "check", no_browser)
    (tmp_path / "labs" / "L9-x" / "slides.en.md").write_text(deck("# Third"))
    assert labs_slides.with_slides(sound, tmp_path / "home", tmp_path).could_not_run


def no_browser(_):
    raise site.NoBrowser("no browser")


def test_a_file_that_is_no_slides_is_a_problem_with_its_line(tmp_path):
    a_lab(tmp_path, text="no slides")
    figures, problems = labs_slides.check(tmp_path)
    assert figures == {"slides": 0}
    assert [(p.file, p.line) for p in problems] == [
        ("labs/L9-x/slides.en.md", 1), ("labs/L9-x/slides.zh.md", 1)]
