# SPDX-License-Identifier: Apache-2.0
"""Winnowing: a copy in disguise is found, what everybody was given is not."""

import itertools
import random
import re

import pytest

from learn.teacher import similarity
from learn.teacher.cpp_tokens import MOST, tokens
from learn.teacher.similarity import GRAM, WINDOW, Answer

STARTER = """
#include "a.h"
namespace netpoll {
Result<Bytes> LinkBuffer::peek(std::size_t n) {
  // Return a view of the next n bytes.
  check(false, "exercise 05-reading/1: fill in peek");
  return {};
}
std::size_t LinkBuffer::size() const { return committed_.load() - consumed_; }
}  // namespace netpoll
"""
REFERENCE = STARTER.replace('check(false, "exercise 05-reading/1: fill in peek");', """
  if (n > size()) return std::unexpected(make_error_code(Errc::not_enough));
  if (Bytes here = head_->readable(); here.size() >= n) return here.first(n);
  joined_.resize(n);
  copy_unread(0, joined_);
  return Bytes(joined_);""").replace("  return {};\n", "")
ODD = STARTER.replace("  return {};", """
  std::vector<char> all;                 // my own idea
  for (Node* node = head_; node != nullptr && all.size() < n; node = node->next) {
    for (std::size_t at = node->read; at < node->written; ++at) {
      if (all.size() == n) break;
      all.push_back(node->block->data()[at]);
    }
  }
  while (all.size() < n) { all.push_back('?'); }
  kept_.swap(all);
  return Bytes{kept_.data(), kept_.size()};""")
OTHER = STARTER.replace("  return {};", """
  switch (n) {
    case 0: return Bytes{};
    case 1: return head_->readable().first(1);
    default: break;
  }
  auto walk = [this, n](auto&& self, Node* node, std::size_t left) -> std::size_t {
    return left == 0 || !node ? n - left : self(self, node->next, left - node->readable().size());
  };
  if (walk(walk, head_, n) < n) throw std::runtime_error("too few");
  return joined_ ? joined_->view() : head_->readable().first(n);""")


def disguised(text):
    """Other names, other comments, another layout, another order of what stands on top."""
    for was, now in (("all", "bytes"), ("node", "p"), ("at", "i"), ("kept_", "saved_")):
        text = re.sub(rf"\b{was}\b", now, text)
    text = text.replace("// my own idea", "/* I thought of\n this alone */")
    return "// by me\n#include <vector>\n\n" + text.replace("\n    ", "\n\n         ")


def found(*texts, more=()):
    answers = [Answer(f"s{n}", {"a.cpp": text}) for n, text in enumerate(texts)]
    return similarity.pairs([*answers, *more], [STARTER, REFERENCE])


def test_a_copy_in_disguise_is_found():
    (pair,) = found(ODD, OTHER, disguised(ODD))
    assert (pair.one.student, pair.other.student) == ("s0", "s2")
    assert pair.share > 0.9 and pair.shared >= similarity.LEAST


def test_the_matching_lines_are_those_of_the_copied_body():
    (pair,) = found(ODD, disguised(ODD))
    lines = ODD.splitlines()
    first, last = min(a.first for a, _ in pair.regions), max(a.last for a, _ in pair.regions)
    body = [n for n, line in enumerate(lines, 1) if "all" in line]
    assert first <= body[0] + 1 and last >= body[-1]
    # A fingerprint at the edge reaches some tokens into what was given, and no further.
    assert last < next(n for n, line in enumerate(lines, 1) if "// namespace" in line)
    theirs = disguised(ODD).splitlines()
    assert any("bytes.push_back" in line
               for _, b in pair.regions for line in theirs[b.first - 1 : b.last])


def test_stretches_that_touch_are_one():
    """A line of another shape between two common stretches of the same lines."""
    one = ODD.replace("if (all.size() == n) break;", "if (all.size() == n) { return {}; }")
    (pair,) = found(ODD, one)
    for spans in zip(*pair.regions, strict=True):
        assert all(after.first > before.last + 1
                   for before, after in itertools.pairwise(spans)), spans


@pytest.mark.parametrize("text", [STARTER, REFERENCE, STARTER + REFERENCE, disguised(REFERENCE)])
def test_what_everybody_was_given_is_taken_out(text):
    assert found(text, text, text) == []


def test_without_taking_it_out_the_reference_would_be_found():
    answers = [Answer(name, {"a.cpp": REFERENCE * 2}) for name in "ab"]
    assert similarity.pairs(answers, []) != []


def test_different_answers_are_no_pair():
    assert found(ODD, OTHER) == []


def test_what_more_than_a_few_wrote_is_the_exercises_own_idea():
    many = [Answer(f"m{n}", {"a.cpp": ODD}) for n in range(similarity.COMMON - 2)]
    assert len(found(ODD, ODD, more=many)) == 45  # ten students: every pair of them
    many.append(Answer("one more", {"a.cpp": ODD}))
    assert found(ODD, ODD, more=many) == []


def test_a_stretch_of_gram_and_window_is_always_found():
    chosen = random.Random(5)
    signs = ["+", "-", "*", "/", "%", "(", ")", "[", "]", "{", "}", ";", ",", "if", "for", "while"]

    def noise(count):
        return [chosen.choice(signs) for _ in range(count)]

    least, similarity.LEAST = similarity.LEAST, 1
    try:
        for _ in range(200):
            common = " ".join(noise(GRAM + WINDOW - 1))
            one, other = (" ".join([*noise(chosen.choice((0, 60))), "|", common, "|",
                                    *noise(chosen.choice((0, 60)))]) for _ in "ab")
            answers = [Answer("a", {"x": one}), Answer("b", {"x": other})]
            assert similarity.pairs(answers, []), common
            short = " ".join(noise(GRAM - 1))
            one, other = (f"{mark} {short} {mark}" for mark in "^&")
            answers = [Answer("a", {"x": one}), Answer("b", {"x": other})]
            assert similarity.pairs(answers, []) == []
    finally:
        similarity.LEAST = least


def test_a_stretch_does_not_go_from_one_file_into_the_next():
    half = len(ODD) // 2
    whole = Answer("a", {"x.cpp": ODD})
    cut = Answer("b", {"1.cpp": ODD[:half], "2.cpp": ODD[half:]})
    (pair,) = similarity.pairs([whole, cut], [STARTER, REFERENCE])
    assert {span.file for _, span in pair.regions} == {"1.cpp", "2.cpp"}


@pytest.mark.parametrize(("text", "said"), [
    ("int a = 07'000;", ["int", "name", "=", "07'000", ";"]),
    ("x /* y */ // z\n#define A \\\n  b\n->c", ["name", "->", "name"]),
    ('f("a\\"b", \'"\', R"x(1)" )x", u8"")',
     ["name", "(", '""', ",", "''", ",", '""', ",", '""', ")"]),
    ("a<=>b <<= 1.5e+3f", ["name", "<=>", "name", "<<=", "1.5e+3f"]),
    ("变量 = 1;", ["name", "=", "1", ";"]),
])  # fmt: skip
def test_tokens(text, said):
    assert [token.text for token in tokens(text)] == said


def test_tokens_know_their_lines():
    found = tokens('a\n/* \n\n */ b\n"c"\nR"(\n\n)" d')
    assert [token.line for token in found] == [1, 4, 5, 6, 8]


@pytest.mark.parametrize("text", ["", "\0", "/*", '"', 'R"(', "'", "\\", "#", "\ud800", "\u202e",
                                  "/" * 9999, '"' * 9999, "(" * 9999, "a\\\n" * 9999])
def test_any_text_at_all_has_tokens(text):
    tokens(text)
    found(text, text)


def test_only_so_much_of_a_file_is_looked_at():
    assert len(tokens("a " * MOST)) == MOST // 2
