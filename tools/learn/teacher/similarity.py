# SPDX-License-Identifier: Apache-2.0
"""Which answers have text in common that nobody was given: winnowing.

After Schleimer, Wilkerson, Aiken: Winnowing: Local Algorithms for Document
Fingerprinting, 2003. Of the hashes of every GRAM tokens in a row, each WINDOW keeps the
smallest: so a common stretch of GRAM + WINDOW - 1 tokens is always found, and one
shorter than GRAM never. Hashes of the starter and of the reference are taken out before,
and afterwards what more than a few of the class wrote, which is the exercise's own idea.

Who wrote the same is not known by this, and why not either.
"""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from learn.teacher.cpp_tokens import tokens

GRAM, WINDOW = 12, 6
LEAST = 6  # fingerprints in common, of a pair that is shown
COMMON, COMMON_SHARE = 10, 4  # so many, or a fourth of the class: everybody's idea

Place = tuple[str, int, int]  # file, its token, the token's line


@dataclass(frozen=True)
class Answer:
    """What a student handed in for an exercise."""

    student: str
    files: dict[str, str]  # {name: text}


@dataclass(frozen=True)
class Span:
    file: str
    first: int  # lines, both counted
    last: int


@dataclass(frozen=True)
class Pair:
    one: Answer
    other: Answer
    shared: int  # fingerprints
    share: float  # of all fingerprints of the one that has fewer
    regions: list[tuple[Span, Span]]


@dataclass
class _Prints:
    """The fingerprints of an answer: where each stands, and where its last token is."""

    places: dict[int, list[Place]]
    lines: dict[str, list[int]]  # the line of each token of a file


def pairs(answers: list[Answer], given: Iterable[str]) -> list[Pair]:
    """The pairs with most in common first. `given`: the texts that everybody had, or that
    the exercise asks for."""
    known = {gram for text in given for gram in _grams([t.text for t in tokens(text)])}
    prints = [_fingerprints(answer, known) for answer in answers]
    holders: dict[int, list[int]] = defaultdict(list)
    for number, one in enumerate(prints):
        for gram in one.places:
            holders[gram].append(number)
    most = max(COMMON, len(answers) // COMMON_SHARE)
    rare = {gram: who for gram, who in holders.items() if len(who) <= most}
    counts = Counter(two for who in rare.values() for two in combinations(who, 2))
    sizes = [sum(gram in rare for gram in one.places) for one in prints]
    found = []
    for (a, b), shared in counts.items():
        if shared >= LEAST:
            both = [gram for gram in prints[a].places if gram in rare and gram in prints[b].places]
            found.append(Pair(answers[a], answers[b], shared, shared / min(sizes[a], sizes[b]),
                              list(_regions(both, prints[a], prints[b]))))  # fmt: skip
    return sorted(found, key=lambda p: (-p.shared, -p.share, p.one.student, p.other.student))


def _grams(texts: list[str]) -> list[int]:
    """The hash of each GRAM tokens in a row. Hashes of numbers are the same in each run."""
    words = [zlib.crc32(text.encode("utf-8", "replace")) for text in texts]
    return [hash(tuple(words[at : at + GRAM])) for at in range(len(words) - GRAM + 1)]


def _fingerprints(answer: Answer, known: set[int]) -> _Prints:
    places: dict[int, list[Place]] = defaultdict(list)
    lines: dict[str, list[int]] = {}
    for file, text in answer.files.items():
        found = tokens(text)
        lines[file] = [token.line for token in found]
        grams = _grams([token.text for token in found])
        for at in _winnowed(grams, known):
            places[grams[at]].append((file, at, lines[file][at]))
    return _Prints(dict(places), lines)


def _winnowed(grams: list[int], known: set[int]) -> Iterator[int]:
    """Where the smallest hash of each window stands, the last one of equals; windows lie
    between two known hashes, and a stretch that is shorter than one is a window too."""
    start = 0
    for end in range(len(grams) + 1):
        if end < len(grams) and grams[end] not in known:
            continue
        last = -1
        for first in range(start, max(start + (end > start), end - WINDOW + 1)):
            window = range(first, min(first + WINDOW, end))
            if (smallest := min(window, key=lambda at: (grams[at], -at))) != last:
                yield smallest
                last = smallest
        start = end + 1


def _regions(both: list[int], one: _Prints, other: _Prints) -> Iterator[tuple[Span, Span]]:
    """What follows one another in both files at once is one region; the spans of lines.
    Regions that touch in both are one."""
    matches = sorted(two for gram in both
                     for two in zip(one.places[gram], other.places[gram], strict=False))
    groups: list[list[tuple[Place, Place]]] = []
    for match in matches:
        if not (groups and _follows(groups[-1][-1], match)):
            groups.append([])
        groups[-1].append(match)
    spans: list[tuple[Span, Span]] = []
    for group in groups:
        both_spans = (_span([place for place, _ in group], one),
                      _span([place for _, place in group], other))
        if spans and all(map(_touches, spans[-1], both_spans)):
            both_spans = (_joined(spans[-1][0], both_spans[0]),
                          _joined(spans.pop()[1], both_spans[1]))
        spans.append(both_spans)
    yield from spans


def _touches(before: Span, span: Span) -> bool:
    return before.file == span.file and before.first <= span.first <= before.last + 1


def _joined(before: Span, span: Span) -> Span:
    return Span(span.file, before.first, max(before.last, span.last))


def _follows(before: tuple[Place, Place], match: tuple[Place, Place]) -> bool:
    return all(was[0] == now[0] and 0 < now[1] - was[1] <= GRAM + WINDOW
               for was, now in zip(before, match, strict=True))


def _span(places: list[Place], prints: _Prints) -> Span:
    file, last, _ = places[-1]
    return Span(file, places[0][2], prints.lines[file][last + GRAM - 1])
