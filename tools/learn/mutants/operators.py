# SPDX-License-Identifier: Apache-2.0
"""What may be made of one line of code. Each change has the name of its operator.

The changes are textual: a line that is no longer C++ is refused by the compiler, and another
mutant takes its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

RELATIONAL = (
    (r"(?<=\s)<(?=\s)", "<="), (r"(?<=\s)<=(?=\s)", "<"), (r"(?<=\s)<(?=\s)", ">="),
    (r"(?<=\s)>(?=\s)", ">="), (r"(?<=\s)>=(?=\s)", ">"), (r"(?<=\s)>(?=\s)", "<="),
    (r"(?<=\s)==(?=\s)", "!="), (r"(?<=\s)!=(?=\s)", "=="),
)  # fmt: skip
LOGICAL = ((r"(?<= )&&(?= )|&&$", "||"), (r"\|\|", "&&"))
ARITHMETIC = (
    (r"(?<=[\w)\]] )\+(?= )", "-"), (r"(?<=[\w)\]] )-(?= )", "+"), (r"\+=", "-="), (r"-=", "+="),
    (r"(?<=[\w)\]] )\*(?= )", "/"), (r"(?<=[\w)\]] )/(?= )", "*"), (r"(?<=[\w)\]] )%(?= )", "*"),
    (r"\+\+", "--"), (r"(?<!-)--(?!-)", "++"), (r"(?<= )<<(?= \w)", ">>"),
    (r"(?<= )>>(?= \w)", "<<"),
    (r"(?<=[\w)\]] )&(?= [\w~(])", "|"), (r"(?<=[\w)\]] )\|(?= [\w~(])", "&"),
    (r"\|=", "&="), (r"&= ~", "|= "), (r"std::min", "std::max"), (r"std::max\b(?!_)", "std::min"),
    (r"fetch_add", "fetch_sub"), (r"fetch_sub", "fetch_add"),
)  # fmt: skip
BOOLEAN = ((r"\btrue\b", "false"), (r"\bfalse\b", "true"))
# A weaker order; relaxed has none below it.
ORDERS = tuple((rf"(?<=memory_order_){was}\b", now) for was, now in (
    ("acq_rel", "acquire"), ("acq_rel", "release"), ("acquire", "relaxed"),
    ("release", "relaxed"), ("seq_cst", "acq_rel")))  # fmt: skip
NUMBER = re.compile(r"(?<![\w.'\"])(\d[\d']*)(?![\w.'\"])")
CONDITION = re.compile(r"\b(?:if|while) \(")
LOCK = re.compile(r"^\s*(?:const )?(?:Lock|std::(?:lock_guard|unique_lock|scoped_lock)\S*) "
                   r"\w+\(.*\);$")  # fmt: skip
CALL = re.compile(r"^\s*(?:[\w:.<>*]|->|\[\w+\]|\(\*?\w+\))+\(.*\);$")
ASSIGNS = re.compile(r"^\s*[*\w.:>\[\]()-]+ (?:[-+|&]|<<|>>)?= .*;$")
STATEMENT = re.compile(r"^\s+[\w:*(+].*;$")
# What it declares has no body here.
DECLARES = re.compile(r"\)[^=]*= (?:0|default|delete);$|\boperator\b|^\s*\[\[nodiscard\]\]")
NO_STATEMENT = re.compile(r"^\s*(?:return|case|default|using|static|friend|break|continue|public|"
                          r"private|template|typedef|struct|class|enum|else)\b")  # fmt: skip
OPERATORS = ("negate condition", "relational", "logical", "arithmetic", "true/false", "constant+1",
             "memory order", "remove call", "delete assignment", "remove lock", "return early")
EARLY_ONE_IN = 5  # `return early` fits nearly every line and is the easiest to kill


def changes(code: str, returns: str | None, whole: bool = True) -> dict[str, list[str]]:
    """Operator -> what it makes of `code`, a line without its comment. `returns` is what leaves
    the function that the line stands in; `whole`: no statement goes on in this line."""
    found: dict[str, list[str]] = {}
    if DECLARES.search(code):
        return found
    for name in OPERATORS[:-1]:
        if name in ("remove call", "delete assignment", "remove lock") and not whole:
            continue
        made = [now for now in _BY_NAME[name](code) if now != code]
        if made:
            found[name] = made
    if returns and whole and STATEMENT.match(code) and not NO_STATEMENT.match(code):
        indent = code[: len(code) - len(code.lstrip())]
        found["return early"] = [f"{indent}{returns} {code.lstrip()}"]
    return found


def _tokens(table: tuple[tuple[str, str], ...]) -> Callable[[str], Iterator[str]]:
    def made(code: str) -> Iterator[str]:
        for pattern, other in table:
            for match in re.finditer(pattern, code):
                if not in_text(code, match.start()):
                    yield code[: match.start()] + other + code[match.end() :]

    return made


def _negated(code: str) -> Iterator[str]:
    match = CONDITION.search(code)
    if not match or "if constexpr" in code:
        return
    closing = _closing(code, match.end() - 1)
    if closing is None:
        return
    inner = code[match.end() : closing]
    declared = re.match(r"(?:const )?auto\*? (\w+) = .*", inner)
    if ";" in inner:
        first, last = inner.rsplit(";", 1)
        negated = f"{first}; !({last.strip()})"
    elif declared:
        negated = f"{inner}; !{declared[1]}"
    else:
        negated = f"!({inner})"
    yield code[: match.end()] + negated + code[closing:]


def _closing(code: str, opening: int) -> int | None:
    depth = 0
    for place in range(opening, len(code)):
        depth += (code[place] == "(") - (code[place] == ")")
        if depth == 0:
            return place
    return None


def _constants(code: str) -> Iterator[str]:
    if re.match(r"^\s*(?:#|static_assert|case\b)", code):
        return
    for match in NUMBER.finditer(code):
        if not in_text(code, match.start()):
            more = str(int(match[1].replace("'", "")) + 1)
            yield code[: match.start()] + more + code[match.end() :]


def _without(pattern: re.Pattern) -> Callable[[str], Iterator[str]]:
    def made(code: str) -> Iterator[str]:
        if pattern.match(code) and not NO_STATEMENT.match(code) and _balanced(code):
            yield code[: len(code) - len(code.lstrip())] + "{}"

    return made


def _without_call(code: str) -> Iterator[str]:
    if not LOCK.match(code):
        yield from _without(CALL)(code)


def _balanced(code: str) -> bool:
    return code.count("(") == code.count(")") and code.count("{") == code.count("}")


def in_text(code: str, place: int) -> bool:
    """Whether `place` lies inside a string of the line."""
    return re.sub(r"\\.", "  ", code)[:place].count('"') % 2 == 1


_BY_NAME: dict[str, Callable[[str], Iterator[str]]] = {
    "negate condition": _negated, "relational": _tokens(RELATIONAL), "logical": _tokens(LOGICAL),
    "arithmetic": _tokens(ARITHMETIC), "true/false": _tokens(BOOLEAN), "constant+1": _constants,
    "memory order": _tokens(ORDERS), "remove call": _without_call,
    "delete assignment": _without(ASSIGNS), "remove lock": _without(LOCK),
}  # fmt: skip
