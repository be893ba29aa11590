# SPDX-License-Identifier: Apache-2.0
"""Which connection each event is about, where several are served at the same time.

gdb tells the address of the Connection whose member function begins (`self`). What
happens inside belongs to it, too. The address gets its name, conn1, from a system
call on a descriptor inside such a function; it never gets into a record.
"""

from __future__ import annotations

from collections.abc import Iterator

CONN = "conn"


def name(raw: dict[str, list[dict]], roles) -> None:
    """Gives each beginning its `conn`: a role, or "" where it is about none."""
    names: dict[int, str] = {}
    for event, around in _nested(raw):
        if (role := _role(event, roles)) and (selves := [e["self"] for e in around if "self" in e]):
            names.setdefault(selves[-1], role)
    for event, around in _nested(raw):
        own = names.get(event.get("self", -1), "") or _role(event, roles)
        event["conn"] = own or (around[-1]["conn"] if around else "")
    for events in raw.values():
        _lend(events)


def _nested(raw: dict[str, list[dict]]) -> Iterator[tuple[dict, list[dict]]]:
    """Each beginning, and those that it lies in, the innermost last."""
    for own in raw.values():
        stack: list[dict] = []
        for event in own:
            if event["kind"] == "enter":
                yield event, stack
                if not event.get("inlined"):
                    stack.append(event)
            elif event["kind"] == "exit":
                while stack and stack.pop()["fn"] != event["fn"]:
                    pass


def _role(event: dict, roles) -> str:
    """Of a system call on a connection: which."""
    if not event.get("syscall") or "fd" not in event["args"]:
        return ""
    role = roles.fd(event["args"]["fd"])
    return role if role.startswith(CONN) else ""


def _lend(own: list[dict]) -> None:
    """An outermost function without a connection goes with the one that it serves, the
    first inside it; one with nothing inside with the one before it in its lane."""
    depth, open_at, last = 0, None, ""
    for event in own:
        if event["kind"] == "enter":
            if depth == 0:
                open_at = event
                if event.get("inlined"):  # it has no end
                    event["conn"] = event["conn"] or last
            elif open_at is not None and not open_at["conn"]:
                open_at["conn"] = event["conn"]
            depth += not event.get("inlined", False)
        elif event["kind"] == "exit":
            depth = max(depth - 1, 0)
            if depth == 0 and open_at is not None:
                if not open_at["conn"] and open_at["fn"] != "epoll_wait":
                    open_at["conn"] = last
                last = open_at["conn"] or last


def of_wait(ready: list[str]) -> str:
    """The connection for which an epoll_wait came back, if it is one."""
    found = {one.split(":")[0] for one in ready}
    return found.pop() if len(found) == 1 and next(iter(found)).startswith(CONN) else ""


def is_about(conn: str, alone: str | None) -> bool:
    """Does a record of the connection `alone` show it?"""
    return not alone or conn in ("", alone)
