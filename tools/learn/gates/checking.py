# SPDX-License-Identifier: Apache-2.0
"""`./learn check`: runs gates and prints their verdicts.

With --json standard output carries the one object and nothing else: whatever a
gate or its children print goes to standard error.
"""

from __future__ import annotations

import contextlib
import difflib
import importlib
import json
import os
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace

from learn.gate import GREEN, USAGE, GateResult, blocked
from learn.run.progress import console
from learn.say import say

GATES = ("house", "ledger", "sourcemap", "facts", "parity", "traces", "experiments", "exercises",
         "conformance", "speed", "faults", "mutants", "site", "labs")
LATER = ("onboarding",)
_SHOWN = 30  # problems printed for people; --json has them all


def run(name: str, as_json: bool, **options: object) -> int:
    """`options` are the one gate's own; see cli.check()."""
    if name and name not in GATES + LATER:
        near = difflib.get_close_matches(name, GATES + LATER, cutoff=0.5) or GATES + LATER
        print("learn:", say("cli.unknown_gate", gate=name, near=" ".join(near)), file=sys.stderr)
        return USAGE
    if name:
        result = run_gate(name, **options)
        print(result.to_json() if as_json else "\n".join(lines(result)))
        return result.exit_code()
    return run_all(as_json)


def run_all(as_json: bool) -> int:
    """Every gate that exists; the worst verdict is the verdict."""
    results = []
    for gate in GATES:
        began = time.monotonic()
        results.append(run_gate(gate))
        if not as_json:
            print("\n".join(lines(results[-1], time.monotonic() - began)), flush=True)
    if as_json:
        print(json.dumps({"check": "all", "ok": all(result.ok for result in results),
                          "checks": [json.loads(result.to_json()) for result in results]},
                         ensure_ascii=False))
    else:
        print(say("cli.gates_later", gates=" ".join(LATER)))
    return max((result.exit_code() for result in results), default=GREEN)


def run_gate(name: str, **options: object) -> GateResult:
    """One gate; what it raises becomes a verdict that has not passed."""
    if name in LATER:
        return blocked(name, say("cli.gate_later", gate=name), "")
    with stdout_to_stderr():
        try:
            gate = importlib.import_module(f"learn.gates.{name}")
            return gate.run(SimpleNamespace(json=False, quiet=not console.is_terminal,
                                            **options))
        except KeyboardInterrupt:
            raise
        except Exception as problem:  # a gate that breaks has not passed
            text = " ".join(f"{type(problem).__name__}: {problem}".split())
            return blocked(name, text, "./learn doctor")


def lines(result: GateResult, seconds: float | None = None) -> list[str]:
    """The verdict as people read it: figures first, then one line a problem."""
    state = "ok" if result.ok else say("cli.could_not_run" if result.could_not_run else "cli.red")
    figures = "  ".join(f"{name} {value}" for name, value in result.figures.items())
    took = "" if seconds is None else f"  ({seconds:.1f} s)"
    shown = [f"  {problem}" for problem in result.problems[:_SHOWN]]
    if len(result.problems) > _SHOWN:
        shown.append(say("cli.more_problems", count=len(result.problems) - _SHOWN))
    return [f"{result.check}: {state}  {figures}".rstrip() + took, *shown]


@contextlib.contextmanager
def stdout_to_stderr() -> Iterator[None]:
    """For Python's own prints, and by the descriptor for children's."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
