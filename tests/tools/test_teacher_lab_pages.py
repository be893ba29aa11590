# SPDX-License-Identifier: Apache-2.0
"""The pages of a lab: what its directives make of the facts."""

from pathlib import Path

import pytest

from learn.exercise.model import Exercise, Mutant
from learn.teacher import lab as labs
from learn.teacher import pages
from learn.teacher.pages import Facts, PageError

IDEA = "05-reading/1-peek/consumes"


def both(text):
    return {"en": text, "zh": f"中文 {text}"}


def about(folder=Path("labs/L9-x"), root=Path(), demo="one | two\nthree\n"):
    mutant = Mutant("consumes", "", "", [], both("It moves\nthe read index."))
    exercise = Exercise("05-reading/1-peek", root, "fill", 30, 1, [], both("Peek"), both("?"),
                        mutants=[mutant])
    steps = [labs.Step(10, both("Predict | then look")), labs.Step(45, both("Part 1"))]
    ideas = [labs.WrongIdea(IDEA, both(f"Question {n}?")) for n in range(3)]
    lab = labs.Lab("L9-x", folder, root, both("A lab"), [], [labs.LabPart(exercise, 5, [], 0)], [],
                   steps, ideas)
    return Facts(lab, demo)


def test_the_timeline_adds_up():
    assert pages.timeline(about(), "en").splitlines() == [
        "| minute | takes | what |", "| ---: | ---: | --- |",
        "| 0–10 | 10 | Predict \\| then look |", "| 10–55 | 45 | Part 1 |"]
    assert "中文 Part 1" in pages.timeline(about(), "zh")


def test_the_demonstration_is_its_command_and_its_output():
    assert pages.demo(about(), "en") == "```text\n$ labs/L9-x/demo.sh\none | two\nthree\n```"
    assert pages.demo(about(demo="a ``` b"), "en").startswith("````text\n")


def test_a_wrong_idea_has_its_help_and_its_question():
    made = pages.wrong_ideas(about(), "en")
    assert made.startswith(f"1. `{IDEA}`\n\n    It moves the read index.\n\n"
                           "    **Ask:** Question 0?")
    assert "\n\n3. " in made
    assert "**可以这样问：** 中文 Question 2?" in pages.wrong_ideas(about(), "zh")


def test_directives_stand_alone_and_outside_of_fences():
    text = ("# T\n\n{{ timeline }}\n\nsay {{ demo }} here\n\n"
            "```\n{{ wrong_ideas }}\n```\n{{demo}}\n")
    made = pages.expand(text, about(), "en")
    assert made.count("$ labs/L9-x/demo.sh") == 1 and made.count("{{ demo }}") == 1
    assert "```\n{{ wrong_ideas }}\n```" in made
    assert "| 0–10 |" in made and "timeline" not in made


def test_in_a_fence_the_demonstration_is_only_its_output():
    made = pages.expand("```text\n{{ demo }}\n```\n", about(), "en")
    assert made == "```text\none | two\nthree\n```\n"


def test_an_unknown_directive_is_one_line_with_its_place():
    with pytest.raises(PageError) as problem:
        pages.expand("# T\n\n{{ demos }}\n", about(), "en", "labs/L9-x/teacher.en.md")
    assert str(problem.value) == ("labs/L9-x/teacher.en.md:3: {{ demos }} is no directive; "
                                  "use timeline, demo, wrong_ideas")


def test_a_page_is_read_from_its_lab(tmp_path):
    folder = tmp_path / "labs" / "L9-x"
    folder.mkdir(parents=True)
    (folder / "teacher.en.md").write_text("{{ timeline }}")
    facts = about(folder, tmp_path)
    assert pages.page(facts, "teacher", "en") == pages.timeline(facts, "en")
    with pytest.raises(PageError, match="labs/L9-x/handout.zh.md: 读不到"):
        pages.page(facts, "handout", "zh")
    assert pages.facts(facts.lab).demo == ""
    (folder / "demo.txt").write_text("out\n")
    assert pages.facts(facts.lab).demo == "out\n"


@pytest.mark.parametrize("folder", labs.folders(), ids=lambda folder: folder.name)
def test_the_pages_of_each_lab(folder):
    """Each can be made, and a teacher's has all that is made from the facts."""
    facts = pages.facts(labs.load(folder))
    for language in ("en", "zh"):
        assert "{{" not in pages.page(facts, "handout", language)
        made = pages.page(facts, "teacher", language)
        assert pages.timeline(facts, language) in made and facts.demo.rstrip() in made
        assert pages.wrong_ideas(facts, language) in made and "{{" not in made
