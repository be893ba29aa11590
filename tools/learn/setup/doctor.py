# SPDX-License-Identifier: Apache-2.0
"""`./learn doctor`: every need, whether it is met, and the command that mends it."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table

from learn.gate import ENVIRONMENT, GREEN
from learn.paths import ROOT
from learn.run import bounded
from learn.run.bounded import Limits
from learn.say import say
from learn.setup import debian, stamps

_DISK_WANTED = 2 * 1024**3


@dataclass(frozen=True)
class Need:
    name: str
    why: str
    met: bool
    mend: str


def needs() -> list[Need]:
    return [*_debian(), *_packages(), _ptrace(), _disk()]


def run(as_json: bool = False) -> int:
    found = needs()
    missing = [need for need in found if not need.met]
    if as_json:
        print(json.dumps({"check": "doctor", "ok": not missing,
                          "needs": [asdict(need) for need in found]}, ensure_ascii=False))
    else:
        _show(found, missing)
    return ENVIRONMENT if missing else GREEN


def _debian() -> list[Need]:
    present = debian.installed()
    return [
        Need(name, why, name in present, debian.install_command([name]))
        for name, why in debian.wanted().items()
    ]


def _packages() -> list[Need]:
    python = Need("Python", say("setup.need_python"), stamps.python_ready(),
                  "./learn --yes --no-serve")  # fmt: skip
    if stamps.for_learner():
        return [python]
    return [
        python,
        Need("npm", say("setup.need_npm"), stamps.npm_ready(), "./learn --yes --no-serve"),
        Need("Go", say("setup.need_go"), stamps.go_ready(), "./learn --yes --no-serve"),
    ]


def _ptrace() -> Need:
    return Need("ptrace", say("setup.need_ptrace"), _gdb_can_trace(), say("setup.mend_ptrace"))


def _gdb_can_trace() -> bool:
    if not shutil.which("gdb"):
        return False
    command = ["gdb", "-nx", "--batch", "-ex", "set startup-with-shell off",
               "-ex", "starti", "-ex", "kill", "/bin/true"]
    done = bounded.run(command, Limits(seconds=20.0))
    return "Program stopped" in done.output


def _disk() -> Need:
    free = shutil.disk_usage(ROOT).free
    return Need("disk", say("setup.need_disk"), free >= _DISK_WANTED, say("setup.mend_disk"))


def _show(found: list[Need], missing: list[Need]) -> None:
    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    table.add_column(say("setup.need"), no_wrap=True)
    table.add_column(say("setup.why"))
    for need in found:
        mark = "[green]✓[/]" if need.met else "[red]✗[/]"
        table.add_row(mark, need.name, need.why)
    console.print(table)
    for need in missing:
        console.print(f"{need.name}: {need.mend}", markup=False, soft_wrap=True)
    if missing:
        console.print(say("setup.doctor_bad", missing=len(missing), count=len(found)))
    else:
        console.print(say("setup.doctor_good", count=len(found)))
