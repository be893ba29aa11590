# SPDX-License-Identifier: Apache-2.0
"""Which token means which name: libclang's answer, and what is said where it has none."""

import pytest

from learn.index import build

HEADER = """\
// SPDX-License-Identifier: Apache-2.0
#pragma once
#define NETPOLL_GUARDED_BY(x) __attribute__((guarded_by(x)))
#define CHECK(x) ((x) ? 0 : 1)

namespace netpoll {

enum class Color {
  red,   // the first
  green, // the second, which goes on
         // below
};

class __attribute__((capability("mutex"))) Mutex {};

/// Counts. And more is said.
class Box {
 public:
  explicit Box(int start) : count_(start) {}
  /// Adds one number. [any]
  int add(int n);
  [[nodiscard]] int add(long n);
  Color color() const { return Color::green; }

 private:
  Mutex mutex_;
  int count_ NETPOLL_GUARDED_BY(mutex_);
  int other_ NETPOLL_GUARDED_BY(mutex_) = 0;
};

template <class T>
class Holder {
 public:
  void set(T value);
  bool same(const T& b) { return b.held_ == b.begin() && held_ == b; }

 private:
  T held_;  // written by set()
};

template <class T>
void Holder<T>::set(T value) {
  held_ = value;
}

template <class T>
using Held = Holder<T>;
using Ints = Held<int>;
int begin();

}  // namespace netpoll
"""
SOURCE = """\
// SPDX-License-Identifier: Apache-2.0
#include "a/a.h"

namespace netpoll {

int Box::add(int n) {
  int count = n;  // a local count_
  return count_ += CHECK(add(2l)) + count;
}

int use() {
  Box box(3);
  Ints ints;
  ints.set(box.add(1));
  return box.color() == Color::red;
}

struct Own {
  int held_, begin_;
  int begin() const { return 0; }
  bool operator==(const Own& o) const = default;
};
int operator==(int a, const Own& b);
extern template class Holder<Own>;

}  // namespace netpoll
"""
H, CPP = "src/a/a.h", "src/a/a.cpp"


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    root = tmp_path_factory.mktemp("tree")
    (root / "src" / "a").mkdir(parents=True)
    (root / H).write_text(HEADER)
    (root / CPP).write_text(SOURCE)
    index = build(root=root, folders=[root / "src"], cache=root / "cache")
    assert index.errors == []
    return index.names


def line_of(text, words):
    return next(n for n, line in enumerate(text.splitlines(), 1) if words in line)


def meant(names, file, words):
    """What the tokens of the first line with `words` mean: [(word, qualified name, line)]."""
    text = HEADER if file == H else SOURCE
    line = line_of(text, words)
    told = []
    for m in names.mentions(file).get(line, []):
        word = text.splitlines()[line - 1][m.column - 1 : m.column - 1 + m.length]
        places = names.places(m.usr)
        told.append((word, places[0].name.removeprefix("netpoll::") if places else ""))
    return told


@pytest.mark.parametrize(
    ("file", "words", "expected"),
    [
        (CPP, "Box box(3)", [("Box", "Box")]),
        (CPP, "int count = n", []),
        (CPP, "Ints ints", [("Ints", "Ints")]),
        (CPP, "ints.set", [("set", "Holder::set"), ("add", "Box::add")]),
        (CPP, "Color::red", [("color", "Box::color"), ("Color", "Color"), ("red", "Color::red")]),
        (CPP, "CHECK(add", [("count_", "Box::count_"), ("CHECK", "CHECK"), ("add", "Box::add")]),
        (CPP, "template class", [("Holder", "Holder"), ("Own", "Own")]),
        (H, "explicit Box", [("Box", "Box::Box"), ("count_", "Box::count_")]),
        (H, "count_ NETPOLL", [("count_", "Box::count_"),
                               ("NETPOLL_GUARDED_BY", "NETPOLL_GUARDED_BY"),
                               ("mutex_", "Box::mutex_")]),
        (H, "held_ = value", [("held_", "Holder::held_")]),
        (H, "using Ints", [("Ints", "Ints"), ("Held", "Held")]),
        (H, "void Holder<T>", [("Holder", "Holder"), ("set", "Holder::set")]),
    ],
)  # fmt: skip
def test_a_token_means_what_libclang_says(names, file, words, expected):
    assert meant(names, file, words) == expected


def test_an_overload_is_the_one_that_is_called(names):
    line = line_of(SOURCE, "CHECK(add")
    inner = names.mentions(CPP)[line][-1]
    assert [place.line for place in names.places(inner.usr)] == [line_of(HEADER, "add(long")]


def test_a_dependent_name_is_the_members_of_the_class_or_is_left_open(names):
    found = meant(names, H, "bool same")
    assert ("held_", "Holder::held_") in found
    assert ("begin", "") in found  # a name of ours, but not a member: nobody can say
    assert names.by_own_members >= 1


def test_a_name_has_its_declaration_and_its_comment(names):
    def one(words, last):
        line = line_of(HEADER, words)
        usr = next(m.usr for m in names.mentions(H)[line] if names.places(m.usr)[0].last == last)
        return next(p for p in names.places(usr) if p.file == H)

    assert one("class Box", "Box").comment == "Counts. And more is said."
    assert one("int add(int", "add").declaration == "int add(int n)"
    assert one("int add(int", "add").comment == "Adds one number. [any]"
    assert one("add(long", "add").declaration == "int add(long n)"
    assert one("green, //", "green").comment == "the second, which goes on below"
    assert one("Mutex mutex_", "mutex_").guards == ("count_", "other_")
    assert one("T held_", "held_").comment == "written by set()"


def test_declarations_are_told_from_uses(names):
    line = names.mentions(CPP)[line_of(SOURCE, "int Box::add")]
    assert [(m.declares, m.length) for m in line] == [(False, 3), (True, 3)]
    assert len(names.places(line[1].usr)) == 2
