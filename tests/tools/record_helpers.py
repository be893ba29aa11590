# SPDX-License-Identifier: Apache-2.0
"""For the tests of the recorder: the stand-in server, built with -Og once a variant."""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

from learn import index as symbols
from learn.record.runs import Bench

DATA = Path(__file__).parent / "data" / "record"


@functools.cache
def workshop() -> Path:
    """A tree of its own: source, scenario, and room for programs and traces."""
    root = Path(tempfile.mkdtemp(prefix="recorder-"))
    shutil.copytree(DATA, root, dirs_exist_ok=True)
    return root


@functools.cache
def built(variant: str = "") -> Path:
    """The stand-in, compiled in its tree, with -D<variant>."""
    root = workshop()
    program = root / f"standin{variant}"
    define = [f"-D{variant}"] if variant else []
    compile_ = ["g++", "-std=c++20", "-Og", "-g", "-pthread", *define]
    subprocess.run([*compile_, str(root / "standin.cpp"), "-o", str(program)], check=True)
    return program


@functools.cache
def index():
    root = workshop()
    return symbols.build(root=root, folders=[root], cache=root / "index", quiet=True)


def bench(variant: str = "") -> Bench:
    return Bench(workshop(), index(), lambda _: built(variant))
