# SPDX-License-Identifier: Apache-2.0
"""Makes files out of the real source by replacing bodies of functions.

A learner's file is the real one with holes, or with a bug planted; a mutant's is
the real one with a wrong body. All else stays as it is, byte for byte, so none can
drift.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

from learn import paths
from learn.exercise import answers
from learn.exercise.model import Body, Edit, Exercise, ExerciseError, Hole, Mutant
from learn.index import Index, Symbol, SymbolError, load
from learn.index import build as build_index

CHECK = '#include "netpoll/base/check.h"'


def index_of(root: Path) -> Index:
    """The index of the tree an exercise belongs to: ours, or a test's."""
    if root == paths.ROOT:
        return load()
    return build_index(root=root, folders=[root / "src"], cache=root / "build" / "index")


def starter(exercise: Exercise, index: Index, language: str) -> dict[str, str]:
    """The learner's files, {path from the top of the tree: text}."""
    if exercise.kind == "build":
        start = exercise.directory / "start"
        return {name: (start / Path(name).name).read_text("utf-8") for name in exercise.own_files}
    if exercise.kind == "explore":
        return {answers.FILE: answers.sheet(exercise, language)}
    if exercise.kind == "fix":
        return changed(exercise, exercise.planted, index)
    bodies: dict[str, list[tuple[Symbol, str]]] = {}
    for hole in exercise.holes:
        symbol = function(hole.symbol, index)
        body = _hole_body(exercise, hole, symbol, language)
        bodies.setdefault(symbol.file, []).append((symbol, body))
    return {
        file: _with_check(_replaced((exercise.root / file).read_bytes(), cuts))
        for file, cuts in bodies.items()
    }


def mutated(exercise: Exercise, mutant: Mutant, index: Index) -> dict[str, str]:
    """The files that a mutant changes."""
    return changed(exercise, mutant.changes, index)


def changed(exercise: Exercise, changes: list[Body | Edit], index: Index) -> dict[str, str]:
    """The real files with other bodies, and then with other text."""
    bodies: dict[str, list[tuple[Symbol, str]]] = {}
    for one in changes:
        if isinstance(one, Body):
            symbol = function(one.symbol, index)
            body = "{\n" + one.body.strip("\n") + "\n}"
            bodies.setdefault(symbol.file, []).append((symbol, body))
    made = {file: _replaced((exercise.root / file).read_bytes(), cuts)
            for file, cuts in bodies.items()}  # fmt: skip
    for one in changes:
        if isinstance(one, Edit):
            text = made.get(one.file) or _real(exercise, one.file)
            made[one.file] = _edited(exercise, one, text)
    return made


def _real(exercise: Exercise, file: str) -> str:
    try:
        return (exercise.root / file).read_text("utf-8")
    except OSError as problem:
        told = f"exercises/{exercise.id}: {file} cannot be read; mend the name"
        raise ExerciseError(told) from problem


def _edited(exercise: Exercise, edit: Edit, text: str) -> str:
    if (count := text.count(edit.find)) != 1:
        told = f"{edit.find.strip()!r} stands {count} times in {edit.file}, not once"
        raise ExerciseError(f"exercises/{exercise.id}: {told}; mend the edit")
    return text.replace(edit.find, edit.replace)


def files(exercise: Exercise, index: Index) -> list[str]:
    """What a learner hands in, from the top of the tree: the files that are cut."""
    if exercise.kind == "build":
        return exercise.own_files
    if exercise.kind == "explore":
        return [answers.FILE]
    holes = [function(hole.symbol, index).file for hole in exercise.holes]
    planted = [one.file if isinstance(one, Edit) else function(one.symbol, index).file
               for one in exercise.planted]  # fmt: skip
    return sorted({*holes, *planted})


def solution(exercise: Exercise, index: Index) -> dict[str, str]:
    """The real files that the learner rewrites."""
    return {file: (exercise.root / file).read_text("utf-8") for file in files(exercise, index)}


def function(name: str, index: Index) -> Symbol:
    try:
        symbol = index.find(name)
    except SymbolError as problem:
        raise ExerciseError(f"exercise: {problem}; mend the name") from problem
    if symbol.body_bytes is None:
        raise ExerciseError(f"exercise: {symbol} has no body to cut; name a function definition")
    return symbol


def _replaced(source: bytes, cuts: list[tuple[Symbol, str]]) -> str:
    for symbol, body in sorted(cuts, key=lambda cut: cut[0].body_bytes, reverse=True):
        opening, closing = symbol.body_bytes
        text = textwrap.indent(body, _indent(source, symbol.start)).lstrip().encode()
        source = source[:opening] + text + source[closing + 1 :]
    return source.decode("utf-8")


def _indent(source: bytes, number: int) -> str:
    """That of the line in which a function begins; its brace may be some lines below."""
    line = source.split(b"\n")[number - 1].decode()
    return line[: len(line) - len(line.lstrip())]


def _hole_body(exercise: Exercise, hole: Hole, symbol: Symbol, language: str) -> str:
    """Compiles, and says which hole it is as soon as it is called."""
    width = 60 if language == "en" else 36  # a Chinese character is two columns wide
    task = [f"  // {line}" for line in textwrap.wrap(hole.task[language], width)]
    name = symbol.name.split("::")[-1]
    call = f'check(false, "exercise {_short(exercise)}: fill in {name}");'
    if "constexpr" in symbol.signature.split("(")[0]:
        call = f"if !consteval {{\n    {call}\n  }}"  # a constant cannot be checked
    answer = [] if returns_nothing(symbol) else [f"  {hole.answer}"]
    return "\n".join(["{", *task, f"  {call}", *answer, "}"])


def returns_nothing(symbol: Symbol) -> bool:
    """True of `void f()`, of constructors and of destructors."""
    head = symbol.signature.split("(")[0].split()
    last = symbol.name.split("::")[-2:]
    return "void" in head[:-1] or last[-1].startswith("~") or len(set(last)) == 1


def _short(exercise: Exercise) -> str:
    """03-mcache/1 of 03-mcache/1-size-classes."""
    chapter, name = exercise.id.split("/")
    return f"{chapter}/{name.split('-')[0]}"


def _with_check(text: str) -> str:
    """Adds the include that the holes need, after the file's last one."""
    lines = text.split("\n")
    if CHECK in lines:
        return text
    last = max((n for n, line in enumerate(lines) if line.startswith("#include")), default=0)
    return "\n".join([*lines[: last + 1], CHECK + "  // for the holes", *lines[last + 1 :]])
