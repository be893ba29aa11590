# SPDX-License-Identifier: Apache-2.0
"""Keeps what was measured, so that pages can show it: benchmarks/measured/NAME.json.

    ./learn race --keep                              a whole run, when it is over
    PROGRAM --json | python -m learn.race.keep NAME  what a program of a chapter prints
    python -m learn.race.keep race < build/race/race.json      a run that is over

A page must say where and when its figures were taken, so the machine and the date
stand in the file. A row is a line: a change of figures can be read as a difference.
"""

from __future__ import annotations

import json
import os
import platform
import re
import sys
from datetime import date
from pathlib import Path

from learn import paths

MEASURED = paths.ROOT / "benchmarks" / "measured"
_COMPILER = re.compile(r'set\(CMAKE_CXX_COMPILER_(ID|VERSION) "([^"]*)"\)')
_MODEL = re.compile(r"^model name\s*:\s*(.+)$", re.MULTILINE)
_VERSION = re.compile(r"\d+(\.\d+)*")


def machine() -> dict:
    """Where and when: what a reader needs to judge a figure."""
    return {"date": date.today().isoformat(), "cores": len(os.sched_getaffinity(0)),
            "processor": processor(), "kernel": kernel(platform.release()),
            "compiler": compiler(paths.BUILD / "release")}


def processor(told: Path = Path("/proc/cpuinfo")) -> str:
    """Empty where the system does not say it."""
    model = _MODEL.search(told.read_text(encoding="utf-8")) if told.is_file() else None
    return " ".join(model[1].split()) if model else ""


def kernel(release: str) -> str:
    """6.12.8 of 6.12.8-amd64: what follows is the builder's own."""
    version = _VERSION.match(release)
    return version[0] if version else release


def compiler(build: Path) -> str:
    """GCC 12.2.0, as CMake found it for this build; empty when there is none."""
    for file in sorted(build.glob("CMakeFiles/*/CMakeCXXCompiler.cmake")):
        told = dict(_COMPILER.findall(file.read_text(encoding="utf-8")))
        name = told.get("ID", "").replace("GNU", "GCC")
        return f"{name} {told.get('VERSION', '')}".strip()
    return ""


def text(result: dict) -> str:
    """JSON, with a line for each row of a list."""
    return "{" + ",".join(f"\n {dumped(key)}: {member(value)}"
                          for key, value in result.items()) + "\n}\n"


def member(value: object) -> str:
    if not isinstance(value, list) or not value:
        return dumped(value)
    return "[" + ",".join(f"\n  {dumped(row)}" for row in value) + "\n ]"


def dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def keep(name: str, result: dict, chart: str = "") -> list[Path]:
    """Writes the run, and its chart if it has one; a run that tells its own machine
    keeps it."""
    MEASURED.mkdir(parents=True, exist_ok=True)
    written = {MEASURED / f"{name}.json": text({"machine": machine()} | result)}
    if chart:
        written[MEASURED / f"{name}.svg"] = chart
    for file, content in written.items():
        file.write_text(content, encoding="utf-8")
    return list(written)


if __name__ == "__main__":
    for kept in keep(sys.argv[1], json.load(sys.stdin)):
        print(paths.relative(kept))
