# SPDX-License-Identifier: Apache-2.0
"""Pieces that are tried first stand folded; C++ that is typed into a page is refused."""

from dataclasses import replace

import pytest

from learn.gates import ledger, ledger_folds
from learn.index import Index
from learn.site import asked
from test_directives import expanded, sources  # noqa: F401

FOLDED = '{{ src("Waker::ring", try_first="07-waker/1-ring") }}'
EXERCISE = '[[holes]]\nsymbol = "Waker::ring"\n'


@pytest.fixture
def tree(sources):
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


FIX = """\
[[planted]]
file = "src/netpoll/poller/waker.h"
find = "  int count_;\\n"
replace = "  char count_;\\n"
"""


def plant(tree, exercise, text):
    home = tree.root / "exercises" / exercise
    home.mkdir(parents=True)
    (home / "exercise.toml").write_text(text)


@pytest.fixture
def mended(tree):
    """An exercise whose bug lies in line 7 of waker.h, beside the one with a hole."""
    plant(tree, "07-waker/2-small", FIX)
    return tree


@pytest.mark.parametrize(
    ("markdown", "red"),
    [
        ('{{ src("Waker") }}', 4),  # it shows the hole and the mended line
        ('{{ src("Waker@private") }}', 2),  # some of the class: the mended line is enough
        ('{{ src("Waker@private", try_first="07-waker/2-small") }}', 0),
        ('{{ src("Waker@private", try_first="07-waker/1-ring") }}', 2),
        ('{{ src("Waker", try_first="07-waker/1-ring") }}', 0),  # folded, for either of them
        ('{{ src("twice(int)") }}', 0),  # lines of the same file that the bug leaves alone
        ('{{ quote("Waker@private") }}', 0),
    ],
)
def test_the_lines_that_a_bug_changes_are_folded(mended, markdown, red):
    write(mended, markdown)
    assert len(ledger_folds.check(mended.root, mended.index)) == red


def test_a_body_gives_its_differing_lines_away_and_no_others(tree):
    whole = next(s for s in tree.index.symbols if s.name.endswith("long_one"))
    text = (tree.root / whole.file).read_bytes()
    cut = replace(whole, body_bytes=(text.index(b"{"), text.rindex(b"}")))
    index = Index([s if s is not whole else cut for s in tree.index.symbols])
    body = "  g();\n" * 20 + "  h();\n" + "  g();\n" * 18
    plant(tree, "07-waker/2-long", f"[[planted]]\nsymbol = 'long_one'\nbody = '''\n{body}'''\n")
    found = [one for one in asked.everything(tree.root, index) if not one.entire]
    assert [(one.name, one.start, one.end) for one in found] == [("long_one", 22, 22)]


def test_a_bug_that_is_only_more_text_is_told_by_the_lines_around_it(tree):
    plant(tree, "07-waker/2-more", FIX.replace("  char count_", "  int count_;\\n  int more_"))
    found = [one for one in asked.everything(tree.root, tree.index) if not one.entire]
    assert [(one.start, one.end) for one in found] == [(7, 8)]


def test_an_exercise_of_a_later_chapter_folds_nothing(tree):
    plant(tree, "08-later/1-small", FIX)
    write(tree, '{{ src("Waker@private") }}')
    assert ledger_folds.check(tree.root, tree.index) == []
    (tree.root / "notes/en/07-waker.md").rename(tree.root / "notes/en/08-later.md")
    files = [problem.file for problem in ledger_folds.check(tree.root, tree.index)]
    assert files == ["notes/en/08-later.md"]


def test_the_fold_of_a_fix_asks_to_find_the_bug(mended):
    text, problems = expanded('{{ src("Waker@private", try_first="07-waker/2-small") }}', mended)
    assert problems == [] and "<summary>Find the bug first: " in text
