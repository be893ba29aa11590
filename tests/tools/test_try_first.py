# SPDX-License-Identifier: Apache-2.0
"""Pieces that are tried first stand folded; C++ that is typed into a page is refused."""

import pytest

from learn.gates import ledger, ledger_folds
from test_directives import expanded, sources  # noqa: F401

FOLDED = '{{ src("Waker::ring", try_first="07-waker/1-ring") }}'
EXERCISE = '[[holes]]\nsymbol = "Waker::ring"\n'


@pytest.fixture
def tree(sources):  # noqa: F811
    """The tree of the directives' tests, with an exercise that cuts out Waker::ring."""
    home = sources.root / "exercises" / "07-waker" / "1-ring"
    home.mkdir(parents=True)
    (home / "exercise.toml").write_text(EXERCISE)
    return sources


def write(tree, markdown, languages=("en", "zh")):
    for language in languages:
        page = tree.root / "notes" / language / "07-waker.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(markdown)


def test_a_folded_piece_is_the_piece_in_a_details_element(tree):
    text, problems = expanded(FOLDED, tree)
    plain, _ = expanded('{{ src("Waker::ring") }}', tree)
    assert problems == []
    assert text.startswith('<details class="try-first" markdown="1">\n<summary>Try it first: ')
    assert "./learn start 07-waker/1-ring" in text and text.rstrip().endswith("</details>")
    assert plain.strip() in text


def test_an_exercise_that_does_not_exist_fails_the_build(tree):
    _, problems = expanded("\n" + FOLDED.replace("1-ring", "2-gone"), tree)
    assert [problem.line for problem in problems] == [2]
    assert "07-waker/2-gone" in problems[0].text and "07-waker/1-ring" in problems[0].text


@pytest.mark.parametrize(
    ("markdown", "red"),
    [
        (FOLDED, 0),
        ('{{ src("Waker::ring") }}', 2),
        ('{{ src("Waker") }}', 2),  # the class around it shows the function too
        ('{{ src("twice(int)") }}', 0),
        ('{{ quote("Waker::ring") }}', 0),  # a quote does not explain: it may look back
    ],
)
def test_what_an_exercise_cuts_out_is_folded_in_both_languages(tree, markdown, red):
    write(tree, markdown)
    problems = ledger_folds.check(tree.root, tree.index)
    assert len(problems) == red
    both = {"notes/en/07-waker.md", "notes/zh/07-waker.md"}
    assert {problem.file for problem in problems} == (both if red else set())


def test_one_language_unfolded_is_red_in_the_gate(tree):
    write(tree, FOLDED)
    write(tree, '{{ src("Waker::ring") }}', ["zh"])
    result = ledger.check(tree.root, tree.index, {"07-waker": []})
    assert [p.file for p in result.problems] == ["notes/zh/07-waker.md"]


def test_a_folded_piece_owns_its_lines(tree):
    write(tree, FOLDED)
    folded = ledger.check(tree.root, tree.index, {"07-waker": []}).figures["owned_en"]
    write(tree, '{{ src("Waker::ring") }}')
    assert folded == ledger.check(tree.root, tree.index, {"07-waker": []}).figures["owned_en"] > 0


@pytest.mark.parametrize("opening", ["```cpp", "```c++", "~~~ C", "    ```{.cpp}", "````h"])
def test_typed_cpp_is_refused_with_the_directive_in_its_place(tree, opening):
    fence = opening.strip()[:4] if opening.strip().startswith("````") else opening.strip()[:3]
    indent = opening[: len(opening) - len(opening.lstrip())]
    _, problems = expanded(f"# A\n\n{opening}\nint a;\n{indent}{fence}\n", tree)
    assert [problem.line for problem in problems] == [3]
    assert "src(" in problems[0].mend and ".not-ours" in problems[0].mend


@pytest.mark.parametrize("opening", ["```console", "```text", "```", "```cmake", "```csv"])
def test_other_blocks_are_let_in(tree, opening):
    assert expanded(f"{opening}\nint a;\n```\n", tree)[1] == []


def test_code_that_is_not_ours_may_be_shown_when_it_says_so(tree):
    text, problems = expanded("```cpp { .not-ours }\nint a;\n```\n", tree)
    assert problems == [] and text == "```cpp\nint a;\n```\n"
