# SPDX-License-Identifier: Apache-2.0
"""What an answer may not contain, for its code runs in the process of its tests.

    words     GoogleTest's names, assembler, an include that is no header of the project
    macros    in a header that the tests include, for they would change the tests
    symbols   C functions of its own (memcmp, write), what GoogleTest has, ifuncs

An answer needs none of these. What the reference itself has is allowed: the pack says
so. A refusal is told as the compiler tells an error, and the part has no marks.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from grader.pack import Fault
from grader.words import say

_SKIPPED = re.compile(
    r"//[^\n]*|/\*.*?\*/|R\"([^()\\\s]{0,16})\(.*?\)\1\"|\"(?:\\.|[^\"\\\n])*\""
    r"|'(?:\\.|[^'\\\n])+'(?![0-9a-fA-F])", re.DOTALL)  # fmt: skip
_WORDS = re.compile(
    r"\b(testing|gtest\w*|GTEST_\w+|(?:EXPECT|ASSERT)_\w+|TEST(?:_F|_P)?|ADD_FAILURE\w*|"
    r"SUCCEED|asm|__asm\w*|__attribute\w*|using\s+gnu|"
    r"gnu::\s*(?:section|constructor|ifunc|alias|weakref))\b")  # fmt: skip
_DIRECTIVE = re.compile(r"^[ \t]*(?:#|%:|\?\?=)[ \t]*(\w+)([^\n]*)", re.MULTILINE)
_PRAGMA = re.compile(r"\b(_Pragma|__pragma)\b")
_INCLUDE = re.compile(r"<[\w+./-]+>|\"[\w+./-]+\.h\"")
# Defined by an answer, these would stand before the C library's.
_STRANGE = re.compile(r"^(?!_Z)|^_ZNK?(?:7testing|St|SoSt|9__gnu_cxx)")
_REACHES = re.compile(r"^_ZN?K?7testing|^(?:ptrace|mprotect|process_vm_\w+|dlsym|dlopen|"
                      r"dl_iterate_phdr|pkey_mprotect)(?:@|$)")  # fmt: skip


def text_problems(name: str, text: str, allowed: list[str]) -> list[str]:
    """`file:line: error: …` for each thing that may not stand there."""
    joined = text.replace("\\\r\n", "").replace("\\\n", "")
    code = _SKIPPED.sub(_blank, joined)
    found = [(match.start(), match[1]) for match in _WORDS.finditer(code)]
    for match in _DIRECTIVE.finditer(code):
        # Of an include the name is wanted, which is blank in `code` where it is quoted.
        rest = joined[match.start(2) : match.end(2)]
        found += [(match.start(), what) for what in _directive(name, match[1], rest)]
    if name.endswith(".h"):
        found += [(match.start(), match[1]) for match in _PRAGMA.finditer(code)]
    return [f"{name}:{code.count(chr(10), 0, place) + 1}: {say('refused', what=what)}"
            for place, what in sorted(set(found)) if what not in allowed]  # fmt: skip


def words(name: str, text: str) -> list[str]:
    """What is refused in a text; of a reference: what is allowed."""
    return [line.split("`")[1] for line in text_problems(name, text, [])]


def _blank(match: re.Match[str]) -> str:
    """As long as it was, so that places in both texts are the same."""
    return re.sub(r"[^\n]", " ", match[0])


def _directive(name: str, kind: str, rest: str) -> list[str]:
    if kind in ("include", "include_next", "import", "embed"):
        target = rest.split("//")[0].split("/*")[0].strip()
        plain = _INCLUDE.fullmatch(target) and ".." not in target and target[1] != "/"
        return [] if plain and "gtest" not in target else [f"#{kind} {target}"]
    if not name.endswith(".h"):
        return []
    macro = kind in ("define", "undef") or (kind == "pragma" and rest.split()[:1] != ["once"])
    return [f"#{kind} {' '.join(rest.split()[:1])}"] if macro else []


def symbol_problems(name: str, made: Path, allowed: list[str], tests: bool) -> list[str]:
    """The same of an object. `tests`: it is a unit of the tests, which may use GoogleTest,
    and into which a header of the answer has come."""
    found = [what for what in symbols(made, tests) if what not in allowed]
    return [f"{name}:1: {say('symbol', what=what)}" for what in found]


def symbols(made: Path, tests: bool) -> list[str]:
    """What is refused in an object; of a reference: what is allowed."""
    found = set()
    for line in _nm(made):
        *_, kind, symbol = line.split(" ", 2) if line[0] != " " else ["", *line.split()]
        if kind == "i" or (kind in "TDBRSA" and not tests and _STRANGE.search(symbol)):
            found.add(symbol)
        elif kind in "UvwVW" and not tests and _REACHES.search(symbol):
            found.add(symbol)
    return sorted(found)


def _nm(made: Path) -> list[str]:
    done = subprocess.run(["nm", str(made)], capture_output=True, text=True, check=False,
                          timeout=60)  # fmt: skip
    if done.returncode:
        raise Fault(f"nm could not read {made}: {done.stderr.strip()[:200]}")
    return [line for line in done.stdout.splitlines() if line]
