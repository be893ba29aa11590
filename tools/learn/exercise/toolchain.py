# SPDX-License-Identifier: Apache-2.0
"""The compilers, their flags, and one way to call them."""

from __future__ import annotations

import os
import shutil
import threading

from learn.run import bounded
from learn.run.bounded import MB, Limits

COMMON = ("-std=c++23", "-pthread")
# As in cmake/NetpollLayer.cmake; there they are errors.
HOUSE = ("-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wold-style-cast",
         "-Wthread-safety")
VARIANTS = {
    "plain": ("clang++-19", "-O0", "-gline-tables-only", "-fno-color-diagnostics",
              "-fpch-instantiate-templates", *HOUSE),
    # GCC's runtime finds no lines in Clang's DWARF 5, and has not all of its checks.
    "asan": ("clang++-19", "-O0", "-gline-tables-only", "-gdwarf-4", "-fpch-instantiate-templates",
             "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
             "-fno-sanitize=vptr,function"),
    "tsan": ("g++", "-O1", "-g1", "-fsanitize=thread"),
}
# Clang takes half of GCC's time. But GCC links: the preset's library needs its runtime, and
# both compilers' code asks for version 8 of AddressSanitizer's. TSan's differ.
LINKERS = {"asan": ("g++", "-fsanitize=address,undefined")}
# The preset whose library has the flags of a variant.
PRESETS = {"asan": "dev", "tsan": "tsan"}
# A learner's constant expression can keep a compiler busy for ever. The kernel limits its
# memory: to look at it again and again would take longer than many a compilation.
COMPILING = Limits(seconds=300.0, output=4 * MB, address_space=4096 * MB)
WORKERS = max(2, os.cpu_count() or 2)
_SLOTS = threading.BoundedSemaphore(WORKERS)  # whoever waits for a test leaves his to others


def command(variant: str) -> list[str]:
    """The compiler and the flags that every call has."""
    return [*VARIANTS[variant], *COMMON]


def linker(variant: str) -> list[str]:
    """What links the objects of command(variant)."""
    return [*LINKERS.get(variant, VARIANTS[variant]), *COMMON]


class DoesNotCompile(Exception):
    """The compiler's own words are the text."""


class NoCompiler(Exception):
    """A compiler or GoogleTest is missing (exit code 4)."""


def run(command: list[str]) -> str:
    """Runs the compiler; returns its warnings. Its complaint becomes DoesNotCompile."""
    if not shutil.which(command[0]):
        raise NoCompiler(f"{command[0]} is not installed")
    with _SLOTS:
        done = bounded.run(command, COMPILING)
    if done.why:
        raise DoesNotCompile(f"error: {command[0]} did not end: {done.why}\n{done.output[-2000:]}")
    if done.status == 0:
        return done.output
    if "gtest/gtest.h" in done.output.split("\n", 1)[0] or "cannot find -lgtest" in done.output:
        raise NoCompiler("GoogleTest is not installed")
    raise DoesNotCompile(done.output)
