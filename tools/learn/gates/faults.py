# SPDX-License-Identifier: Apache-2.0
"""The library while system calls fail: tests/faults/, each cell of its table.

A fault is injected into one call of one scene (an echo server, a dial, a shutdown …), and
what comes of it is compared with tests/faults/expected/. The build `record` is
played, whose library asserts.
"""

from __future__ import annotations

from pathlib import Path

from learn import paths
from learn.faults import calls, play, table
from learn.faults.verdict import COUNTED, Fault, faults
from learn.gate import GateResult, Problem, blocked, verdict
from learn.run import build
from learn.run.progress import console
from learn.say import say

PRESET = "record"
# A library that hangs everywhere would keep the sweep for hours: each hang is waited for.
HANGS_MAX = 12


class Sweep:
    """The cells that are played, and what was found."""

    def __init__(self, cells: list[table.Cell]) -> None:
        self.cells = {cell.name: cell for cell in cells}
        self.figures = dict.fromkeys(("injections", "syscalls", *COUNTED), 0)
        self.problems: list[Problem] = []
        self.objects: dict[tuple[str, str], int] = {}
        self.injected: set[str] = set()

    def scenes(self) -> list[play.Play]:
        """Every scene once without a fault, which shows what it leaves."""
        wanted = sorted({(cell.scene, cell.runner) for cell in self.cells.values()})
        return [play.Play(f"{scene}/{runner}", scene, runner) for scene, runner in wanted]

    def plays(self) -> list[play.Play]:
        return [play.Play(cell.name, cell.scene, cell.runner, cell.rule)
                for cell in self.cells.values()]

    def played_plainly(self, one: play.Play, told: play.Told) -> bool:
        objects = told.said.get("objects", 0)
        self.objects[one.scene, one.runner] = objects
        for fault in faults(told, objects):
            self.found(fault, one.name)
        return self.figures["hangs"] < HANGS_MAX

    def played(self, one: play.Play, told: play.Told) -> bool:
        cell = self.cells[one.name]
        if told.injected or not told.said:
            self.figures["injections"] += 1
            self.injected.add(cell.row.call.split(".")[0])
        for fault in faults(told, self.objects.get((one.scene, one.runner), 0), cell):
            self.found(fault, one.name)
        return self.figures["hangs"] < HANGS_MAX

    def found(self, fault: Fault, name: str) -> None:
        self.figures[fault.kind] += fault.count
        file = paths.relative(table.EXPECTED)
        self.problems.append(Problem(file, 0, f"{name}: {fault.text}",
                                     say("faults.repeat", cell=name)))


def run(options: object = None) -> GateResult:
    """`options.part`: only the cells whose name has these letters."""
    try:
        rows = table.rows()
        part = getattr(options, "part", "")
        cells = [cell for cell in table.cells(rows) if part in cell.name]
        manual = table.manual()
        bin_ = build.build(PRESET, "fault_inject", "fault_scenes")
        symbols = calls.undefined(sorted((bin_.parent / "src").glob("lib*.a")))
    except (table.TableError, KeyError) as problem:
        return blocked("faults", str(problem), paths.relative(table.EXPECTED))
    except (build.BuildError, calls.CannotList) as problem:
        return blocked("faults", str(problem), "./learn doctor")
    if not cells:
        return blocked("faults", say("faults.no_cell", part=part), "./learn check faults")
    sweep = Sweep(cells)
    sweep.problems += gaps(rows, manual, symbols)
    sweep_all(bin_, sweep)
    sweep.figures["syscalls"] = len(sweep.injected)
    return verdict("faults", sweep.figures, sorted(sweep.problems))


def sweep_all(bin_: Path, sweep: Sweep) -> None:
    plays, count = sweep.plays(), 0
    with console.status("faults") as status:

        def played(one: play.Play, told: play.Told) -> bool:
            nonlocal count
            count += 1
            status.update(f"{count}/{len(plays)} {one.name}")
            return sweep.played(one, told)

        play.play_all(bin_, sweep.scenes(), sweep.played_plainly)
        if sweep.figures["hangs"] < HANGS_MAX:
            play.play_all(bin_, plays, played)
    if count < len(plays):
        text = say("faults.stopped", hangs=HANGS_MAX, left=len(plays) - count)
        sweep.problems.append(Problem("", 0, text, ""))


def gaps(rows: list[table.Row], manual: dict, symbols: set[str]) -> list[Problem]:
    """What the library may meet, and no row of the table is about."""
    file = paths.relative(table.CALLS)
    found = [Problem(file, 0, say("faults.unknown_symbol", symbol=symbol),
                     say("faults.unknown_symbol_mend"))
             for symbol in calls.unknown(symbols, manual)]
    found += [Problem(file, 0, say("faults.uncovered", call=call, error=error),
                      say("faults.uncovered_mend"))
              for call, error in table.uncovered(rows, manual["call"])]
    return found
