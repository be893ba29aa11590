# SPDX-License-Identifier: Apache-2.0
"""The names that one file declares: each with its line, its comment and, of a mutex,
what it guards.

    rows()    [line, column, name, kind, usr, is_definition, declaration, comment, guards]
"""

from __future__ import annotations

import re

from learn.index import reader

KINDS = {
    "VAR_DECL": "variable", "FIELD_DECL": "field", "ENUM_DECL": "enum",
    "ENUM_CONSTANT_DECL": "value", "CONCEPT_DECL": "concept",
    **dict.fromkeys(reader.FUNCTIONS, "function"), **dict.fromkeys(reader.CLASSES, "class"),
    **dict.fromkeys(reader.ALIASES, "alias"),
}  # fmt: skip
SCOPES = reader.CLASSES | {"NAMESPACE", "ENUM_DECL", "TRANSLATION_UNIT", "LINKAGE_SPEC"}
LONGEST = 160  # of a declaration, in characters
_COMMENT = re.compile(r"^\s*//+<? ?(.*)$")
_BEHIND = re.compile(r"\s//+<? ?(.*)$")
_GUARDED = re.compile(r"(\w+)\s+NETPOLL_GUARDED_BY\((\w+)\)")
_NOISE = re.compile(r"\[\[[^\]]*\]\]\s*|\bNETPOLL_\w+(\([^()]*\))?\s*")


class Declared:
    """Collects them, in the order in which they are met."""

    def __init__(self, source: bytes) -> None:
        self.bytes = source
        self.lines = source.decode("utf-8", "replace").split("\n")
        self.found: dict[tuple[int, int], list] = {}
        self.macros: dict[str, tuple[int, int]] = {}

    def rows(self) -> list[list]:
        return [self.found[place] for place in sorted(self.found)]

    def add(self, cursor, line: int, column: int, offset: int) -> bool:
        """Whether this is a name that others may mean: no parameter, nothing local."""
        kind = KINDS.get(cursor.kind.name)
        parent = cursor.semantic_parent
        if kind is None or parent is None or parent.kind.name not in SCOPES:
            return False
        name = reader.qualified(cursor)
        if kind == "variable" and cursor.type.is_const_qualified():
            kind = "constant"
        self.found.setdefault((line, column), [
            line, column, name, kind, cursor.get_usr(), cursor.is_definition(),
            self.declaration(cursor, kind), self.comment(cursor, line),
            self.guarded_by(cursor.spelling, cursor) if kind == "field" else [],
        ])  # fmt: skip
        return True

    def add_macros(self, file: str) -> None:
        for match in reader.MACRO.finditer(self.bytes):
            line = self.bytes.count(b"\n", 0, match.start()) + 1
            name = match.group(1).decode()
            column = self.lines[line - 1].index(name) + 1
            usr = f"macro@{file}:{line}"
            text = reader.one_line(self.lines[line - 1].rstrip("\\"))
            self.found[line, column] = [line, column, name, "macro", usr, True, text,
                                        self.above(line), []]  # fmt: skip
            self.macros.setdefault(name, (line, column))

    def macro(self, file: str, word: str) -> str:
        at = self.macros.get(word)
        return f"{file}:{at[0]}:{at[1]}" if at else ""

    def declaration(self, cursor, kind: str) -> str:
        start, end = cursor.extent.start.offset, cursor.extent.end.offset
        if kind == "function":
            bodies = [c for c in cursor.get_children() if c.kind.name == "COMPOUND_STMT"]
            end = bodies[0].extent.start.offset if bodies else end
        text = self.bytes[start:end].decode("utf-8", "replace")
        if kind in ("class", "enum"):
            text = text.split("{", 1)[0]
        text = " ".join(_NOISE.sub("", reader.one_line(text)).split())
        return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"

    def comment(self, cursor, line: int) -> str:
        """Behind the name, else above its first line."""
        last = cursor.extent.end.line
        return self.behind(last if cursor.kind.name != "FUNCTION_TEMPLATE" else line) or self.above(
            self.first(cursor.extent.start.line)
        )

    def first(self, line: int) -> int:
        while line > 1 and reader.HEAD_LINE.match(self.lines[line - 2]):
            line -= 1
        return line

    def above(self, line: int) -> str:
        words: list[str] = []
        while line > 1 and (match := _COMMENT.match(self.lines[line - 2])):
            words.insert(0, match.group(1))
            line -= 1
        return _joined(words)

    def behind(self, line: int) -> str:
        """The comment at the end of a line, and those that stand below it alone."""
        code = self.lines[line - 1]
        match = _BEHIND.search(code)
        if not match or _COMMENT.match(code):
            return ""
        words, column = [match.group(1)], match.start() + 1
        for below in self.lines[line:]:
            again = _COMMENT.match(below)
            if not again or len(below) - len(below.lstrip()) < column:
                break
            words.append(again.group(1))
        return _joined(words)

    def guarded_by(self, mutex: str, cursor) -> list[str]:
        extent = cursor.semantic_parent.extent
        text = self.bytes[extent.start.offset : extent.end.offset].decode("utf-8", "replace")
        return [member for member, by in _GUARDED.findall(text) if by == mutex]


def _joined(words: list[str]) -> str:
    return " ".join(" ".join(words).split())
