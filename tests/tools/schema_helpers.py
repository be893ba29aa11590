# SPDX-License-Identifier: Apache-2.0
"""As much of JSON Schema as the grader's schemas use; an unknown word is an error."""

import json
import re
from pathlib import Path

from learn.paths import TOOLS

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None),
         "number": (int, float), "integer": int}  # fmt: skip
KNOWN = {"$schema", "title", "type", "properties", "required", "additionalProperties", "items",
         "minItems", "minimum", "pattern", "enum", "const", "anyOf"}  # fmt: skip


def schema(name: str) -> dict:
    return json.loads((TOOLS / "grader" / "schemas" / f"{name}.json").read_text("utf-8"))


def problems(value: object, rule: dict, where: str = "$") -> list[str]:
    """What is wrong with `value`, and where."""
    if unknown := set(rule) - KNOWN:
        raise ValueError(f"a word that is not checked: {unknown}")
    if "anyOf" in rule:
        tried = [problems(value, one, where) for one in rule["anyOf"]]
        return [] if [] in tried else min(tried, key=len)
    found = []
    if "const" in rule and value != rule["const"]:
        found.append(f"{where}: {value!r} is not {rule['const']!r}")
    if "enum" in rule and value not in rule["enum"]:
        found.append(f"{where}: {value!r} is none of {rule['enum']}")
    if "type" in rule and not _is_of(value, rule["type"]):
        return [*found, f"{where}: {value!r} is no {rule['type']}"]
    if "minimum" in rule and value < rule["minimum"]:
        found.append(f"{where}: {value} is less than {rule['minimum']}")
    if "pattern" in rule and not re.search(rule["pattern"], value):
        found.append(f"{where}: {value!r} does not match {rule['pattern']}")
    if isinstance(value, list):
        if len(value) < rule.get("minItems", 0):
            found.append(f"{where}: {len(value)} items, {rule['minItems']} at least")
        for number, one in enumerate(value):
            found += problems(one, rule.get("items", {}), f"{where}[{number}]")
    if isinstance(value, dict):
        found += _members(value, rule, where)
    return found


def _members(value: dict, rule: dict, where: str) -> list[str]:
    found = [f"{where}: lacks {key}" for key in rule.get("required", []) if key not in value]
    named, more = rule.get("properties", {}), rule.get("additionalProperties", True)
    for key, one in value.items():
        if key in named:
            found += problems(one, named[key], f"{where}.{key}")
        elif more is False:
            found.append(f"{where}: {key} is not known")
        elif isinstance(more, dict):
            found += problems(one, more, f"{where}.{key}")
    return found


def _is_of(value: object, kinds: str | list) -> bool:
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return any(isinstance(value, TYPES[kind]) and (kind == "boolean" or (value is not True
               and value is not False)) for kind in kinds)  # fmt: skip


def read(file: Path) -> object:
    return json.loads(file.read_text("utf-8"))
