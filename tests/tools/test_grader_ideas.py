# SPDX-License-Identifier: Apache-2.0
"""A wrong idea is named by how the tests fail, and by their words where two fail alike."""

from grader import ideas

# The same failure as GoogleTest prints it, and as the harness of a pack tells it.
PRINTED = """said by the answer itself
exercises/05-reading/1-peek/tests/peek_test.cpp:41: Failure
Expected equality of these values:
  text(large)
    Which is: "abc", at 0x7ffe12

  4-byte object <01-02 03-04>
six are missing
tests/link_buffer/text.h:9: Failure
Value of: another
"""
TOLD = """exercises/05-reading/1-peek/tests/peek_test.cpp:38: Expected equality of these values:
  text(large)
    Which is: "abc", at 0x55aa
  4-byte object <99-99 99-99>
six are missing
tests/link_buffer/text.h:11: Value of: another
"""


def idea(name, said, *marks):
    return {"mutant": name, "marks": [list(mark) for mark in marks], "said": said}


def test_both_forms_have_the_same_words():
    assert ideas.words(PRINTED) == ideas.words(TOLD)
    assert ideas.words(TOLD).splitlines()[-1] == "six are missing"
    assert ideas.digest([("A.b", PRINTED)]) == ideas.digest([("A.b", TOLD)])
    assert ideas.digest([("A.b", PRINTED)]) != ideas.digest([("A.c", PRINTED)])
    assert ideas.digest([("A.b", PRINTED)]) != ideas.digest([("A.b", PRINTED.replace("six", "5"))])


def test_an_assertion_of_the_source_counts_as_words():
    one = "the process was ended by SIGABRT\nt: src/a.cpp:7: f(): Assertion `x > 0' failed."
    assert ideas.words(one) == "x > 0"
    assert ideas.words("the process was ended by SIGSEGV\n") == ""


def test_one_that_fails_alike_is_named_whatever_it_says():
    known = [idea("one", "?", ("A.b", "failed")), idea("other", "?", ("A.c", "failed"))]
    assert ideas.named(known, [("A.b", "failed", TOLD)]) == "one"
    assert ideas.named(known, [("A.b", "crashed", TOLD)]) is None
    assert ideas.named(known, []) is None


def test_of_two_that_fail_alike_the_words_decide():
    mark = ("A.b", "failed")
    said = ideas.digest([("A.b", PRINTED)])
    known = [idea("one", "?", mark), idea("other", said, mark)]
    assert ideas.named(known, [("A.b", "failed", TOLD)]) == "other"
    assert ideas.named(known, [("A.b", "failed", TOLD.replace("six", "5"))]) is None
    assert ideas.named([*known, idea("twin", said, mark)], [("A.b", "failed", TOLD)]) is None
