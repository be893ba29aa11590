# SPDX-License-Identifier: Apache-2.0
"""Reads what stacks.cpp prints: where a program stood when it was ended.

The addresses become lines of source by addr2line, which comes with the assembler.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".cpp")
AFTER = "LEARN_STACKS_AFTER"  # seconds until each thread is asked
_BLOCK = re.compile(r"\n?@stack (\d+)\n(.*?)(?:@end\n|\Z)", re.DOTALL)
_FRAME = re.compile(r"^(\S+?)\((?:\S*?)\+?(0x[0-9a-f]+)?\)", re.MULTILINE)
_SIGNALLED = 2  # frames of the handler; then one of the C library, then where it stood
_MOST = 6  # threads that are told


@dataclass(frozen=True)
class Frame:
    function: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line} ({self.function})"


def without(output: str) -> str:
    """What the program itself has printed."""
    return _BLOCK.sub("", output)


def places(output: str, program: Path, own: str) -> list[str]:
    """Of each stack the innermost line in a file below `own`, a learner's folder; or, if
    there is none in any, the innermost line of ours. The newest stack is the last one."""
    stacks = [_frames(block, program) for _, block in _BLOCK.findall(output)]
    mine = [frame for stack in stacks for frame in _first(stack, lambda f: f.file.startswith(own))]
    if not mine:
        mine = [frame for stack in stacks for frame in _first(stack, _is_ours)]
    told = [str(Frame(f.function, f.file.removeprefix(own), f.line)) for f in mine]
    return list(dict.fromkeys(told))[-_MOST:]


def _first(stack: list[Frame], wanted) -> list[Frame]:
    return [frame for frame in stack if wanted(frame)][:1]


def _is_ours(frame: Frame) -> bool:
    return frame.file.startswith(("src/", "exercises/", "tests/"))


def _frames(block: str, program: Path) -> list[Frame]:
    """The frames inside the program, the innermost first."""
    if not shutil.which("addr2line"):
        return []
    offsets = []
    for number, (binary, offset) in enumerate(_FRAME.findall(block)):
        if offset and Path(binary).name == program.name and number >= _SIGNALLED:
            # A return address is that of the next instruction, but for the signalled one.
            exact = number == _SIGNALLED + 1
            offsets.append(hex(int(offset, 16) - (0 if exact else 1)))
    if not offsets:
        return []
    said = subprocess.run(["addr2line", "-C", "-f", "-e", str(program), *offsets],
                          capture_output=True, text=True, check=False, timeout=20)  # fmt: skip
    lines = said.stdout.splitlines()
    return [frame for pair in zip(lines[::2], lines[1::2], strict=False) if (frame := _read(*pair))]


def _read(function: str, place: str) -> Frame | None:
    match = re.match(r"(.+?):(\d+)", place)
    if not match or match[1] == "??":
        return None
    name = re.sub(r"\(.*", "", function.split("<")[0])
    return Frame(name.rpartition("::")[2] or name, match[1], int(match[2]))
