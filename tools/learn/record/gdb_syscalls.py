# SPDX-License-Identifier: Apache-2.0
"""Inside gdb: arguments and results of the C library's system calls.

The library has no debug information here, so arguments come from the registers
of the calling convention, and errno from the thread's own storage.
"""

from __future__ import annotations

import errno
import struct

import gdb

REGISTERS = {
    "i386:x86-64": (("rdi", "rsi", "rdx", "rcx", "r8", "r9"), "rax"),
    "aarch64": (("x0", "x1", "x2", "x3", "x4", "x5"), "x0"),
}
# What a call gets, in order: fd, n (a number), or _ (an address or a detail nobody needs).
SIGNATURES = {
    "accept4": ("fd", "_", "_", "_"),
    "recv": ("fd", "_", "size", "_"),
    "readv": ("fd", "_", "pieces"),
    "read": ("fd", "_", "size"),
    "send": ("fd", "_", "size", "_"),
    "sendmsg": ("fd", "message", "_"),
    "write": ("fd", "_", "size"),
    "close": ("fd",),
    "shutdown": ("fd", "how"),
    "socket": (),
    "connect": ("fd", "_", "_"),
    "poll": ("_", "_", "_"),
    "listen": ("fd", "backlog"),
    "epoll_ctl": ("epoll", "op", "fd", "event"),
    "epoll_wait": ("epoll", "ready", "_", "timeout"),
}
OPERATIONS = {1: "ADD", 2: "DEL", 3: "MOD"}
EVENTS = {0x001: "IN", 0x004: "OUT", 0x008: "ERR", 0x010: "HUP", 0x2000: "RDHUP", 0x80000000: "ET"}


def _registers() -> tuple[tuple[str, ...], str]:
    name = gdb.selected_inferior().architecture().name()
    if name not in REGISTERS:
        raise RuntimeError(f"no calling convention known for {name}")
    return REGISTERS[name]


def result_register() -> str:
    return f"(long)${_registers()[1]}"


def _int(text: str) -> int:
    return int(gdb.parse_and_eval(text))


def _read(address: int, size: int) -> bytes:
    return bytes(gdb.selected_inferior().read_memory(address, size))


def arguments(fn: str) -> dict:
    shown: dict = {}
    for register, name in zip(_registers()[0], SIGNATURES[fn]):
        if name == "_":
            continue
        raw = _int(f"(long)${register}")
        if name in ("fd", "epoll", "timeout", "how", "backlog", "op"):
            raw = struct.unpack("i", struct.pack("I", raw & 0xFFFFFFFF))[0]
        if name == "op":
            shown["op"] = OPERATIONS.get(raw, raw)
        elif name == "event":
            shown.update(_event(raw) if raw and shown["op"] != "DEL" else {})
        elif name == "message":
            pieces, size = _message(raw)
            shown.update(pieces=pieces, size=size)
        else:
            shown[name] = raw
    return shown


def result(fn: str, event: dict) -> object:
    """What came back; for epoll_wait the batch, for a failure errno's name."""
    value = struct.unpack("i", struct.pack("I", _int(result_register()) & 0xFFFFFFFF))[0]
    if value < 0:
        return errno.errorcode.get(_int("(int)errno"), "error")
    if fn == "epoll_wait":
        return [_event(event["args"]["ready"] + _event_size() * i) for i in range(value)]
    return value


def drop() -> None:
    """The call that begins here reaches the kernel without a descriptor (or address, or
    number): the kernel refuses it and does nothing."""
    gdb.execute(f"set var ${_registers()[0][0]} = -1")


def fail(number: int) -> None:
    """The call that comes back here has failed, and errno is `number`."""
    gdb.execute(f"set var ${_registers()[1]} = -1")
    gdb.execute(f"set var *(int *)&errno = {number}")


def _event_size() -> int:
    return 12 if _registers()[1] == "rax" else 16  # packed on x86-64 only


def _event(address: int) -> dict:
    data = _read(address, _event_size())
    return {"events": interest(struct.unpack_from("I", data)[0]),
            "tag": struct.unpack_from("Q", data, _event_size() - 8)[0]}


def interest(bits: int) -> str:
    return "|".join(name for bit, name in EVENTS.items() if bits & bit) or "none"


def _message(address: int) -> tuple[int, int]:
    """msghdr: how many pieces, how many bytes in all."""
    vectors, count = struct.unpack_from("QQ", _read(address, 32), 16)
    sizes = [struct.unpack_from("Q", _read(vectors + 16 * i + 8, 8))[0] for i in range(count)]
    return count, sum(sizes)
