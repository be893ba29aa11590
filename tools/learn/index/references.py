# SPDX-License-Identifier: Apache-2.0
"""What libclang says of each name in one file: its declarations here, and its uses.

    collect(cindex, unit, path, root) -> {"names", "mentions", "targets", "own", "open"}

A use is kept with the place of the declaration that libclang gives, which is the same
for a template and what was made from it. Where libclang gives none, as for some names
in templates and for the arguments of an attribute, the members of the class around
it are asked: exactly one of that name is the answer, and it is counted. The rest is
left open; `open` has those words.
"""

from __future__ import annotations

import bisect
import ctypes
import functools
import re
from pathlib import Path

from learn.index.declared import Declared

USES = (
    "DECL_REF_EXPR", "MEMBER_REF_EXPR", "TYPE_REF", "TEMPLATE_REF", "MEMBER_REF",
    "OVERLOADED_DECL_REF", "VARIABLE_REF", "CALL_EXPR", "NAMESPACE_REF",
)  # fmt: skip
CONSTRUCTED = ("CONSTRUCTOR", "FUNCTION_TEMPLATE")
CLASSES = ("CLASS_DECL", "STRUCT_DECL", "UNION_DECL", "CLASS_TEMPLATE",
           "CLASS_TEMPLATE_PARTIAL_SPECIALIZATION")  # fmt: skip
KEYWORDS = frozenset(
    b"alignas auto bool break case catch char class concept const constexpr constinit continue"
    b" default delete do double else enum explicit extern false float for friend if inline int"
    b" long mutable namespace new noexcept nullptr operator override private protected public"
    b" requires return short sizeof static static_assert static_cast struct switch template this"
    b" throw true try typename union unsigned using virtual void while".split()
)
WORD = re.compile(rb"[A-Za-z_]\w*")
# What is no code, or a word of code.
TOKEN = re.compile(
    rb'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    rb"|\b[0-9][\w.']*|(?P<word>[A-Za-z_]\w*)",
    re.DOTALL,
)
DIRECTIVE = re.compile(rb"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)


@functools.cache
def _source(file: str) -> bytes:
    return Path(file).read_bytes()


def collect(cindex, unit, path: Path, root: Path) -> dict:
    return _Collector(cindex, unit, path, root).entry()


class _Collector:
    """Walks everything that stands in one file."""

    def __init__(self, cindex, unit, path: Path, root: Path) -> None:
        self.cindex, self.unit, self.root = cindex, unit, str(root) + "/"
        self.path, self.bytes = str(path), path.read_bytes()
        self.file = str(path.relative_to(root))
        self.declared = Declared(self.bytes)
        kinds = cindex.CursorKind.get_all_kinds()
        self.declarations = {kind.value for kind in kinds if kind.is_declaration()}
        self.kinds = {getattr(cindex.CursorKind, name).value: name for name in USES}
        self.classes = {getattr(cindex.CursorKind, name).value for name in CLASSES}
        self.starts = [0, *(m.end() for m in re.finditer(rb"\n", self.bytes))]
        self.files: dict[int, str] = {}
        self.known: dict[int, str] = {}  # where a token begins -> what it means; "" is not ours
        self.targets: dict[str, int] = {}
        self.around: list[tuple[int, int, object]] = []  # from, to, the class that it lies in
        self.members: dict[str, dict[str, set[str]]] = {}

    def entry(self) -> dict:
        for cursor in self.unit.cursor.get_children():
            if self.place(cursor.location)[0] == self.path:
                self.walk(cursor)
        self.declared.add_macros(self.file)
        names = self.declared.rows()
        here = {f"{self.file}:{row[0]}:{row[1]}" for row in names}
        own, left = self.leftovers()
        mentions = []
        for offset, target in sorted(self.known.items()):
            if target and (not target.startswith(self.file + ":") or target in here):
                word = WORD.match(self.bytes, offset)
                assert word is not None  # libclang has named it
                number = self.targets.setdefault(target, len(self.targets))
                mentions.append([*self.at(offset), len(word[0]), number])
        return {"names": names, "mentions": mentions, "targets": list(self.targets),
                "own": own, "open": left}  # fmt: skip

    def place(self, location) -> tuple[str, int]:
        """File and offset; of an argument of a macro, where it is written."""
        file, line = ctypes.c_void_p(), ctypes.c_uint()
        column, offset = ctypes.c_uint(), ctypes.c_uint()
        self.cindex.conf.lib.clang_getFileLocation(
            location, ctypes.byref(file), ctypes.byref(line), ctypes.byref(column),
            ctypes.byref(offset))  # fmt: skip
        if not file.value:
            return "", 0
        if file.value not in self.files:
            pointer = ctypes.cast(file, self.cindex.c_object_p)
            self.files[file.value] = self.cindex.File(pointer).name
        return self.files[file.value], offset.value

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column of a byte."""
        line = bisect.bisect_right(self.starts, offset)
        start = self.starts[line - 1]
        return line, len(self.bytes[start:offset].decode("utf-8", "replace")) + 1

    def walk(self, cursor) -> None:
        kind = cursor._kind_id
        if kind in self.kinds:
            self.use(cursor, self.kinds[kind])
        elif kind in self.declarations:
            self.declaration(cursor)
        for child in cursor.get_children():
            self.walk(child)

    def declaration(self, cursor) -> None:
        file, offset = self.place(cursor.location)
        if file != self.path:
            return
        template = self.cindex.conf.lib.clang_getSpecializedCursorTemplate(cursor)
        extent = cursor.extent
        if cursor._kind_id in self.classes and template and not self.has_body(extent):
            self.note(offset, template, cursor.spelling)  # `template class Basic<Std>;`
            return
        around = cursor if cursor._kind_id in self.classes else cursor.semantic_parent
        if around is not None and around._kind_id in self.classes:
            self.around.append((extent.start.offset, extent.end.offset, around))
        if offset < len(self.bytes) and self.bytes[offset : offset + 1] == b"~":
            offset += 1
        word = WORD.match(self.bytes, offset)
        if not word or word[0].decode() != cursor.spelling.split("<")[0].lstrip("~"):
            return
        if self.declared.add(cursor, *self.at(offset), offset):
            self.known[offset] = "{}:{}:{}".format(self.file, *self.at(offset))
        else:
            self.known.setdefault(offset, "")

    def has_body(self, extent) -> bool:
        return b"{" in self.bytes[extent.start.offset : extent.end.offset]

    def use(self, cursor, kind: str) -> None:
        file, offset = self.place(cursor.location)
        if file != self.path:
            return
        target = cursor.referenced
        if kind == "OVERLOADED_DECL_REF":
            target = self.only_one(cursor)
        if target is None or (kind == "CALL_EXPR" and target.kind.name not in CONSTRUCTED):
            return
        self.note(offset, target, target.spelling, replace=kind == "CALL_EXPR")

    def only_one(self, cursor):
        library = self.cindex.conf.lib
        if library.clang_getNumOverloadedDecls(cursor) != 1:
            return None
        return library.clang_getOverloadedDecl(cursor, 0)

    def note(self, offset: int, target, spelling: str, replace: bool = False) -> None:
        """The token at `offset` means `target`, if it is that word."""
        word = WORD.match(self.bytes, offset)
        if not word or word[0].decode() != spelling.split("<")[0]:
            return
        if offset in self.known and not replace:
            return
        found = self.target(target, len(word[0]))
        if not replace or found:
            self.known[offset] = found

    def target(self, cursor, length: int) -> str:
        """The place of a declaration of ours, or "". A constructor that nobody wrote
        has the place of its class, and no bracket behind it; the template of an alias
        stands at `using`, and the alias in it at its name."""
        if cursor.kind.name == "TYPE_ALIAS_TEMPLATE_DECL":
            inside = [c for c in cursor.get_children() if c.kind.name == "TYPE_ALIAS_DECL"]
            cursor = inside[0] if inside else cursor
        file, offset = self.place(cursor.location)
        if not file.startswith(self.root):
            return ""
        if cursor.kind.name == "CONSTRUCTOR":
            if _source(file)[offset + length :].lstrip()[:1] != b"(":
                return ""
        location = cursor.location
        return f"{file.removeprefix(self.root)}:{location.line}:{location.column}"

    def leftovers(self) -> tuple[int, list]:
        """How many open words the class around them explains; and the other words."""
        own, left = 0, []
        skipped = [m.span() for m in DIRECTIVE.finditer(self.bytes)]
        for match in TOKEN.finditer(self.bytes):
            offset = match.start()
            if not match["word"] or match["word"] in KEYWORDS or offset in self.known:
                continue
            if any(start <= offset < end for start, end in skipped):
                continue
            word = match["word"].decode()
            if found := self.member(offset, word) or self.declared.macro(self.file, word):
                self.known[offset] = found
                own += 1
            else:
                left.append([*self.at(offset), word])
        return own, left

    def member(self, offset: int, word: str) -> str:
        """The one member of that name of the innermost class around `offset`."""
        inside = [span for span in self.around if span[0] <= offset < span[1]]
        for _, _, cursor in sorted(inside, key=lambda span: span[1] - span[0]):
            found = self.members_of(cursor).get(word, set())
            if len(found) == 1:
                return next(iter(found))
        return ""

    def members_of(self, cursor) -> dict[str, set[str]]:
        """Those of a class, and of the classes inside it."""
        usr = cursor.get_usr()
        if usr not in self.members:
            self.members[usr] = {}
            self.enter_members((cursor.get_definition() or cursor), self.members[usr])
        return self.members[usr]

    def enter_members(self, cursor, found: dict[str, set[str]]) -> None:
        for child in cursor.get_children():
            place = self.target(child, len(child.spelling))
            if child._kind_id in self.declarations and child.spelling and place:
                found.setdefault(child.spelling, set()).add(place)
            if child._kind_id in self.classes:
                self.enter_members(child, found)
