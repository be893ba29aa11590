# SPDX-License-Identifier: Apache-2.0
"""Inside gdb: C++ values as plain JSON. Addresses never get out.

plain(value)            a number, a name of an enumerator, a small dict; None when it tells nothing
follow(value, path)     `input_.buffer_`: members by name; pointers, Ref and atomics on the way
                        are looked through
READERS[kind](value)    the state of a whole object: a LinkBuffer's blocks, a word of named bits
"""

from __future__ import annotations

import errno
import functools
import re

import gdb
import gdb_syscalls

INTEGERS = (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_CHAR)
RECORDS = (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION)
BLOCKS_MAX = 16


def plain(value: gdb.Value, depth: int = 0):
    """What a reader may see of `value`."""
    kind = value.type.strip_typedefs()
    if kind.code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
        return plain(value.referenced_value(), depth)
    if kind.code == gdb.TYPE_CODE_BOOL:
        return bool(value)
    if kind.code in INTEGERS:
        return int(value)
    if kind.code == gdb.TYPE_CODE_ENUM:
        return _enumerator(str(value))
    if kind.code == gdb.TYPE_CODE_PTR:
        return None if int(value) else "null"
    if kind.code in RECORDS and depth < 3:
        return _record(value, kind, depth)
    return None


def _enumerator(text: str):
    """`netpoll::Mode::idle` is `idle`, `Keys<Sync>::free` is `free`; several flags
    stay flags."""
    while (bare := re.sub(r"<[^<>]*>", "", text)) != text:
        text = bare
    return re.sub(r"[\w:]*::(\w+)", r"\1", text).strip("()")


def _record(value: gdb.Value, kind: gdb.Type, depth: int):
    name = kind.name or ""
    if name.startswith("std::expected<"):
        if not bool(value["_M_has_value"]):
            return {"error": plain(value["_M_unex"]["_M_value"], depth + 1)}
        return plain(value["_M_val"], depth + 1)
    if name.startswith("std::optional<"):
        inner = value["_M_payload"]
        return plain(inner["_M_payload"]["_M_value"], depth + 1) if inner["_M_engaged"] else "none"
    if name.startswith("std::span<"):
        size = int(value["_M_extent"]["_M_extent_value"])
        return f"{size} bytes" if "std::byte" in name[: name.index(",")] else {"size": size}
    if name.startswith("std::atomic<"):
        return plain(atomic(value), depth)
    if name.startswith("netpoll::Ref<"):
        return None if int(value["object_"]) else "null"
    if name == "std::error_code":
        return _error(int(value["_M_value"]))
    if name.startswith(("std::", "__gnu")):
        return None
    fields = [field for field in kind.fields() if field.name and not field.is_base_class]
    shown = {field.name: plain(value[field], depth + 1) for field in fields}
    told = {key: item for key, item in shown.items() if item is not None and item is not False}
    return told or None


def _error(number: int) -> str:
    """A std::error_code by its name, the kernel's or the library's own."""
    if number == 0:
        return "ok"
    if number in errno.errorcode:
        return errno.errorcode[number]
    return _enumerator(str(gdb.Value(number).cast(gdb.lookup_type("netpoll::Errc"))))


def atomic(value: gdb.Value) -> gdb.Value:
    """The value inside std::atomic, whatever it is made of."""
    kind = value.type.strip_typedefs()
    names = [field.name for field in kind.fields()]
    for inner in ("_M_i", "_M_p", "_M_b", "_M_base"):
        if inner in names:
            found = value[inner]
            return atomic(found) if found.type.strip_typedefs().code in RECORDS else found
    base = kind.fields()[0]
    return atomic(value.cast(base.type))


def through(value: gdb.Value) -> gdb.Value:
    """Looks through references, pointers, Ref<T>, unique_ptr and atomics."""
    while True:
        kind = value.type.strip_typedefs()
        name = kind.name or ""
        if kind.code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
            value = value.referenced_value()
        elif kind.code == gdb.TYPE_CODE_PTR and int(value):
            value = value.dereference()
        elif name.startswith("netpoll::Ref<"):
            value = value["object_"]
        elif name.startswith("std::unique_ptr<"):
            value = value["_M_t"]["_M_t"]["_M_head_impl"]
        elif name.startswith("std::atomic<"):
            value = atomic(value)
        else:
            return value


def in_register(kind: gdb.Type | None) -> gdb.Value | None:
    """What a function of this result type has just returned, if it is a number."""
    numbers = (*INTEGERS, gdb.TYPE_CODE_BOOL, gdb.TYPE_CODE_ENUM)
    if kind is None or kind.strip_typedefs().code not in numbers:
        return None
    return gdb.parse_and_eval(gdb_syscalls.result_register()).cast(kind)


def follow(value: gdb.Value, path: str) -> gdb.Value:
    """Member after member, by name."""
    value = through(value)
    for name in path.split(".") if path else ():
        value = through(value[name])
    return value


def members(value: gdb.Value) -> dict:
    """The plain members of an object, each by its name without the last `_`."""
    shown = {}
    for field in value.type.strip_typedefs().fields():
        if field.is_base_class or field.artificial or not field.name or field.name.isupper():
            continue
        if hasattr(field, "bitpos") and (item := plain(value[field])) is not None:
            shown[field.name.rstrip("_")] = item
    return shown


def bits(value: gdb.Value) -> str:
    """A word `state_` of bits, by the names of the constants of its class: `held news`."""
    word = int(atomic(value["state_"]))
    names = _bit_names(value.type.strip_typedefs().name)
    return " ".join(name for bit, name in sorted(names.items()) if word & bit) or "none"


@functools.cache
def _bit_names(of: str) -> dict[int, str]:
    """The constants of a class that are one bit each: kNewHandler is `new_handler`.

    gdb lists them as variables, not as fields of the class.
    """
    told = gdb.execute(f"info variables -q -n {of}::k", to_string=True)
    found = {}
    for name in re.findall(rf"{re.escape(of)}::k(\w+);", told):
        bit = int(gdb.parse_and_eval(f"'{of}::k{name}'"))
        if bit.bit_count() == 1:
            found[bit] = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return found


def link_buffer(value: gdb.Value) -> dict:
    """Its size, and its nodes from the first that is kept to the last: where
    reading, committing and writing stand in each."""
    shown = {"size": int(atomic(value["committed_"])) - int(atomic(value["consumed_"])),
             "malloced": int(value["malloc_size_"]), "nodes": []}
    node, read, write = value["head_"], int(value["read_node_"]), int(value["write_node_"])
    # Only while something is malloced do flush_node_ and flush_end_ say where it begins.
    flushed, unflushed = int(value["flush_node_"]) if shown["malloced"] else 0, False
    while int(node) and len(shown["nodes"]) < BLOCKS_MAX:
        begin = int(node["begin"])
        end = int(atomic(node["end"]))
        if int(node) == flushed:  # the writer moves `end` before it commits
            end = int(value["flush_end_"])
        entry = {"room": _block_end(node) - begin, "committed": 0 if unflushed else end - begin,
                 "block": bool(node["block"]["object_"])}
        if int(node) == read and int(value["read_pos_"]):
            entry["read"] = int(value["read_pos_"]) - begin
        if int(node) == write and shown["malloced"]:
            entry["written"] = int(value["write_pos_"]) - begin
        shown["nodes"].append(entry)
        unflushed = unflushed or int(node) == flushed
        node = atomic(node["next"])
    return shown


def _block_end(node: gdb.Value) -> int:
    """Where the memory that a node shows ends; a node without any has no room."""
    block = node["block"]["object_"]
    if not int(block):
        return int(node["begin"])
    memory = block["bytes_"]
    return int(memory["_M_ptr"]) + int(memory["_M_extent"]["_M_extent_value"])


READERS = {"link_buffer": link_buffer, "number": plain, "members": members, "bits": bits}
