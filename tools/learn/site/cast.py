# SPDX-License-Identifier: Apache-2.0
"""The cast of a chapter: {{ cast("Poller, FdOperator", with="Connection") }}.

notes/cast.toml has one line for each name, in both languages. Who owns whom is not
written by anybody: it is read from the members and the base classes of the classes, as
the index has them. `with` names classes that are in the picture and not in the table. A
picture of two or three lines says less than the table, and is left out.
"""

from __future__ import annotations

import functools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from learn.site import graph
from learn.site.graph import words

FILE = Path("notes") / "cast.toml"
_BASES = re.compile(r":\s*((?:public|private|protected)\s+.+)$")


@dataclass(frozen=True)
class Role:
    """One line of a cast: some names that belong together, and what they are."""

    names: tuple[str, ...]
    spoken: dict[str, tuple[str, ...]]  # the names as a page says them, by language
    text: dict[str, str]  # by language
    owner: dict[str, str]  # by language; empty where there is no more to say
    page: str = ""  # of one page only; "" is for all
    outside: bool = False  # no symbol of ours: a word, or a type of the system


class UnknownRole(Exception):
    """notes/cast.toml has no line for this name."""


@functools.cache
def roles(root: Path) -> tuple[Role, ...]:
    table = tomllib.loads((root / FILE).read_text(encoding="utf-8"))
    return tuple(_read(told) for told in table["role"])


def _read(told: dict) -> Role:
    names = tuple(told["names"])
    return Role(names, {"en": names, "zh": tuple(told.get("names_zh", names))},
                {"en": told["en"], "zh": told["zh"]}, told.get("owner", {}),
                told.get("page", ""), told.get("outside", False))


def asked(argument: str) -> list[str]:
    return [name.strip() for name in argument.split(",") if name.strip()]


def choose(argument: str, page: str, root: Path) -> list[Role]:
    """The lines that a directive asks for, each by its first name."""
    return [_one(name, page, root) for name in asked(argument)]


def _one(name: str, page: str, root: Path) -> Role:
    named = [role for role in roles(root) if role.names[0] == name]
    for wanted in (page, ""):
        for role in named:
            if role.page == wanted:
                return role
    raise UnknownRole(name)


# Who owns whom.

@dataclass(frozen=True, order=True)
class Bond:
    """`owner` has a member that leads to `other`, or is one."""

    owner: str
    other: str
    kind: str  # owns, counts, points, is


def bonds(names: list[str], index) -> list[Bond]:
    """Between the classes of these names, as the members and bases say."""
    names = list(dict.fromkeys(names))
    classes = {name: _class_of(name, index) for name in names}
    known = {name: symbol for name, symbol in classes.items()
             if symbol is not None and name not in _COUNTING}
    found: dict[tuple[str, str], str] = {}
    for name, symbol in known.items():
        for other in known:
            if other == name:
                continue
            kinds = [_kind(field.signature, other, index)
                     for field in _fields(symbol, known.values(), index)]
            kinds.append("is" if _derives(symbol.signature, other) else "")
            best = min((kind for kind in kinds if kind), key=_ORDER.index, default="")
            if best:
                found[(name, other)] = best
    return sorted(Bond(owner, other, kind) for (owner, other), kind in found.items())


_ORDER = ("is", "owns", "counts", "points")
_COUNTING = ("Ref",)  # what holds a class for its owner, and is none of the cast's classes
_LEAST_BONDS = 4


def _class_of(name: str, index):
    template = index.aliases.get(name, name)
    for symbol in index.symbols:
        plain = symbol.name.removeprefix("netpoll::")
        if symbol.kind == "class" and symbol.is_definition and plain in (name, template):
            return symbol
    return None


def _fields(symbol, apart, index) -> list:
    """Its members, and those of the classes inside it that do not stand apart."""
    others = {other.name for other in apart} - {symbol.name}
    inside = symbol.name + "::"
    return [field for field in index.in_file(symbol.file)
            if field.kind == "field" and field.name.startswith(inside)
            and field.name.rpartition("::")[0] not in others]


def _kind(member: str, other: str, index) -> str:
    """How a member leads to the class `other`: "" if it does not."""
    spoken = "|".join(re.escape(word.rpartition("::")[2])
                      for word in {other, index.aliases.get(other, other)})
    declared = re.split(r"NETPOLL_|=|\{", member)[0]
    if "(" in declared or not re.search(rf"\b(?:{spoken})\b(?!::)", declared):
        return ""
    if re.search(rf"\bRef<(?:const )?(?:\w+::)*(?:{spoken})>", declared):
        return "counts"
    if re.search(rf"\b(?:{spoken})(?:<[^<>]*>)?(?: const)?\s*[*&]", declared):
        return "points"
    # The member's own name may be the last word: `Lead lead_`, not `int Lead`.
    return "owns" if re.search(rf"\b(?:{spoken})\b.*\w", declared) else ""


def _derives(head: str, other: str) -> bool:
    bases = _BASES.search(head)
    return bool(bases and re.search(rf"\b{re.escape(other)}\b", bases[1]))


# What the page shows.

_ARROWS = {
    "owns": "arrowhead=normal, penwidth=1.4",
    "counts": 'arrowhead=normal, penwidth=1.4, label="Ref"',
    "points": "arrowhead=vee, style=dashed",
    "is": "arrowhead=empty, style=dotted",
}


def dot(found: list[Bond]) -> str:
    names = sorted({bond.owner for bond in found} | {bond.other for bond in found})
    lines = [f"  {graph.quoted(name)};" for name in names]
    lines += [f"  {graph.quoted(bond.owner)} -> {graph.quoted(bond.other)} [{_ARROWS[bond.kind]}];"
              for bond in found]
    return graph.source(lines, rankdir="LR")


def table(chosen: list[Role], language: str) -> str:
    """Markdown, for a line may have links and code."""
    head = words("cast_head", language).split("|")
    rows = [[_names(role, language), role.text[language]] for role in chosen]
    if any(role.owner for role in chosen):
        head.append(words("cast_owner", language))
        owners = [role.owner.get(language, "") for role in chosen]
        rows = [[*row, owner] for row, owner in zip(rows, owners, strict=True)]
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _names(role: Role, language: str) -> str:
    """A word that is no name of code is not set as code."""
    marks = ["*" if role.outside and "_" not in name else "`" for name in role.names]
    return words("cast_separator", language).join(
        f"{mark}{name}{mark}" for mark, name in zip(marks, role.spoken[language], strict=True))


def block(argument: str, beside: str, page: str, language: str, sources) -> str:
    """The Markdown of the directive: the table, and the picture below it."""
    chosen = choose(argument, page, sources.root)
    parts = [table(chosen, language), ""]
    names = [name for role in chosen for name in role.names] + asked(beside)
    found = bonds(names, sources.index)
    if len(found) >= _LEAST_BONDS:
        title = words("cast_title", language)
        rows = [[f"<code>{bond.owner}</code>", words(f"cast_{bond.kind}", language),
                 f"<code>{bond.other}</code>"] for bond in found]
        parts += [graph.figure(
            graph.svg(dot(found), words("cast_label", language)),
            words("scroll", language, title=title),
            words("cast_table", language),
            graph.table(words("cast_bonds_head", language).split("|"), rows),
            words("cast_caption", language),
        ), ""]
    return "\n".join(parts)
