# SPDX-License-Identifier: Apache-2.0
"""Reads one C++ file with libclang and lists what stands in it.

Each file is a translation unit of its own, headers too, and only the items
that stand in the file itself are kept: nothing has to be merged afterwards.
Debian's libclang-19 is used; older ones know no concepts.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path

from learn.index.symbol import IndexUnavailable, Symbol

LIBRARIES = (
    "/usr/lib/llvm-19/lib/libclang-19.so.1",
    "/usr/lib/*/libclang-19.so.1",
    "/usr/lib64/llvm19/lib*/libclang.so",
)
RESOURCES = ("/usr/lib/llvm-19/lib/clang/19", "/usr/lib/clang/19")
FLAGS = ("-x", "c++", "-std=c++23", "-Wno-pragma-once-outside-header")

FUNCTIONS = {
    "FUNCTION_DECL",
    "CXX_METHOD",
    "CONSTRUCTOR",
    "DESTRUCTOR",
    "CONVERSION_FUNCTION",
    "FUNCTION_TEMPLATE",
}
CLASSES = {
    "CLASS_DECL",
    "STRUCT_DECL",
    "UNION_DECL",
    "CLASS_TEMPLATE",
    "CLASS_TEMPLATE_PARTIAL_SPECIALIZATION",
}
ALIASES = {"TYPEDEF_DECL", "TYPE_ALIAS_DECL", "TYPE_ALIAS_TEMPLATE_DECL"}
TRANSPARENT = {"NAMESPACE", "LINKAGE_SPEC", "UNEXPOSED_DECL", "FRIEND_DECL"}

# A line that belongs to the item below it although its extent starts later.
HEAD_LINE = re.compile(
    r"^\s*(template\s*<.*>|\[\[.*\]\]|requires\b.*[^;{}]|[A-Z][A-Z0-9_]+(\(.*\))?)\s*$"
)
COMMENT_LINE = re.compile(r"^\s*//")
MACRO = re.compile(rb"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.MULTILINE)


@functools.cache
def bindings():
    """The `clang.cindex` module, bound to libclang 19."""
    try:
        from clang import cindex
    except ImportError as error:
        raise IndexUnavailable("Python's clang bindings are not installed") from error
    for pattern in LIBRARIES:
        for path in sorted(Path("/").glob(pattern.lstrip("/"))):
            if not cindex.Config.loaded:
                cindex.Config.set_library_file(str(path))
            return cindex
    raise IndexUnavailable("libclang 19 is not installed")


def flags(include: list[Path]) -> list[str]:
    resource = [f"-resource-dir={r}" for r in RESOURCES if Path(r).is_dir()][:1]
    return [*FLAGS, *resource, *(f"-I{folder}" for folder in include)]


def parse(path: Path, root: Path, include: list[Path], more: tuple[Callable, ...] = ()) -> dict:
    """{"symbols", "includes" (of the project), "errors"} of the file `path`, and what each of
    `more` makes of the same translation unit."""
    cindex = bindings()
    try:
        unit = cindex.Index.create().parse(str(path), args=flags(include))
    except cindex.TranslationUnitLoadError as error:
        raise IndexUnavailable(f"libclang could not read {path}") from error
    reader = _Reader(cindex, unit, path, str(path.relative_to(root)))
    included = {Path(entry.include.name).resolve() for entry in unit.get_includes()}
    found: dict = {}
    for collect in more:
        found |= collect(cindex, unit, path, root)
    return found | {
        "symbols": reader.symbols(),
        "includes": sorted(str(f.relative_to(root)) for f in included if f.is_relative_to(root)),
        "errors": [str(d) for d in unit.diagnostics if d.severity >= cindex.Diagnostic.Error],
    }


class _Reader:
    """Walks the cursors of one translation unit."""

    def __init__(self, cindex, unit, path: Path, file: str) -> None:
        self.cindex, self.unit, self.path, self.file = cindex, unit, str(path), file
        self.bytes = path.read_bytes()
        self.lines = self.bytes.decode("utf-8", "replace").split("\n")
        self.found: dict[tuple, Symbol] = {}

    def symbols(self) -> list[Symbol]:
        self.walk(self.unit.cursor, ())
        for match in MACRO.finditer(self.bytes):
            self.add_macro(match)
        return sorted(self.found.values(), key=lambda s: (s.start, -s.end, s.name))

    def walk(self, parent, scope: tuple[str, ...]) -> None:
        for cursor in parent.get_children():
            where = cursor.extent.start.file
            if where is None or where.name != self.path:
                continue
            kind = cursor.kind.name
            if kind in TRANSPARENT:
                inner = (*scope, cursor.spelling) if kind == "NAMESPACE" else scope
                self.walk(cursor, inner if cursor.spelling or kind != "NAMESPACE" else scope)
            elif ours := self.kind_of(cursor, kind):
                self.add(cursor, ours)
                if ours == "class" and cursor.is_definition():
                    self.walk(cursor, (*scope, cursor.displayname))

    def kind_of(self, cursor, kind: str) -> str | None:
        if kind in FUNCTIONS:
            return "function"
        if kind in CLASSES:
            return "class"
        if kind in ALIASES:
            return "alias"
        if kind == "VAR_DECL":
            return "constant" if cursor.type.is_const_qualified() else "variable"
        return {"ENUM_DECL": "enum", "CONCEPT_DECL": "concept", "FIELD_DECL": "field"}.get(kind)

    def add(self, cursor, kind: str) -> None:
        start, end = cursor.extent.start, cursor.extent.end
        first = self.head(start.line)
        body = self.body(cursor) if kind == "function" else None
        last = end.line
        if not cursor.is_definition() or kind in ("constant", "variable", "field", "alias"):
            last = self.semicolon(end)
        opening = body[0] if body else None
        symbol = Symbol(
            name=qualified(cursor),
            kind=kind,
            file=self.file,
            start=first,
            end=last,
            comment_start=self.comment(first),
            body_start=opening.line if opening else None,
            body_end=body[1].line if body else None,
            body_bytes=(opening.offset, body[1].offset - 1) if body else None,
            is_definition=cursor.is_definition(),
            signature=self.signature(start.offset, opening.offset if opening else end.offset, kind),
            parameters=parameters(cursor) if kind == "function" else None,
            is_const=cursor.is_const_method() if kind == "function" else False,
            usr=cursor.get_usr(),
            text="\n".join(self.lines[first - 1 : last]),
        )
        self.found.setdefault((symbol.name, start.offset), symbol)

    def add_macro(self, match: re.Match) -> None:
        first = self.bytes.count(b"\n", 0, match.start()) + 1
        last = first
        while self.lines[last - 1].endswith("\\"):
            last += 1
        name = match.group(1).decode()
        text = "\n".join(self.lines[first - 1 : last])
        symbol = Symbol(name, "macro", self.file, first, last, first, None, None, None, True,
                        one_line(text), None, False, f"macro@{self.file}:{first}", text)
        self.found.setdefault((name, match.start()), symbol)

    def head(self, line: int) -> int:
        while line > 1 and HEAD_LINE.match(self.lines[line - 2]):
            line -= 1
        return line

    def comment(self, line: int) -> int:
        while line > 1 and COMMENT_LINE.match(self.lines[line - 2]):
            line -= 1
        return line

    def body(self, cursor):
        """The places of `{` and just after `}`, when the function has them here."""
        for child in cursor.get_children():
            if child.kind.name == "COMPOUND_STMT":
                return child.extent.start, child.extent.end
        return None

    def semicolon(self, end) -> int:
        """The line of the `;` that ends a declaration (attributes may come before it)."""
        at = self.bytes.find(b";", end.offset)
        if at < 0 or b"{" in self.bytes[end.offset : at] or b"}" in self.bytes[end.offset : at]:
            return end.line
        return end.line + self.bytes.count(b"\n", end.offset, at)

    def signature(self, start: int, end: int, kind: str) -> str:
        raw = self.bytes[start:end].decode("utf-8", "replace")
        if kind in ("class", "enum"):
            raw = raw.split("{", 1)[0]
        return one_line(raw)


def one_line(code: str) -> str:
    return " ".join(re.sub(r"//[^\n]*|\\\n", "", code).split())


def qualified(cursor) -> str:
    """Names from the outside in; anonymous namespaces leave no trace."""
    own = cursor.displayname if cursor.kind.name in CLASSES else cursor.spelling
    parts = [plain(cursor, own)]
    parent = cursor.semantic_parent
    while parent is not None and parent.kind.name != "TRANSLATION_UNIT":
        name = parent.displayname if parent.kind.name in CLASSES else parent.spelling
        if name and parent.kind.name != "LINKAGE_SPEC" and not name.startswith("(anonymous"):
            parts.append(plain(parent, name))
        parent = parent.semantic_parent
    return "::".join(reversed(parts))


def plain(cursor, name: str) -> str:
    """A primary template is called `Ring`, a specialisation `Ring<bool, N>`."""
    if cursor.kind.name in ("CLASS_TEMPLATE", "CONSTRUCTOR", "DESTRUCTOR"):
        return name.split("<", 1)[0]
    if cursor.kind.name == "FUNCTION_TEMPLATE" and not name.startswith("operator"):
        return name.split("<", 1)[0]
    return name


def parameters(cursor) -> list[str]:
    """The types as `displayname` prints them: `next(std::size_t, int)`."""
    text = cursor.displayname
    inside = text[len(cursor.spelling) :].strip()
    if not inside.startswith("("):
        inside = inside[inside.find("(") :]
    inside = inside[1 : inside.rfind(")")]
    parts, depth, word = [], 0, ""
    for char in inside:
        depth += (char in "<([") - (char in ">)]")
        if char == "," and depth == 0:
            parts.append(word.strip())
            word = ""
        else:
            word += char
    return [*parts, word.strip()] if word.strip() else parts
