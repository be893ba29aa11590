# SPDX-License-Identifier: Apache-2.0
"""./learn trace: a recording as a call tree; with --live, this tree's own build beside it."""

from __future__ import annotations

import difflib
import json
import sys

from rich.console import Console

from learn.gate import GREEN, RED, USAGE
from learn.record import scenario as scenarios
from learn.record import sequence, trace
from learn.record.errors import RecordError
from learn.record.runs import Bench
from learn.say import language, say


def run(name: str, live: bool, as_json: bool, bench: Bench | None = None) -> int:
    """Exit status; each failure is one line on standard error."""
    try:
        root = bench.root if bench else scenarios.paths.ROOT
        known = scenarios.names(root)
        if not name:
            return _list(known, root, as_json)
        if name not in known:
            near = difflib.get_close_matches(name, known, n=3, cutoff=0.5) or known[:5]
            return _fail(say("record.no_recording", name=name, near=" ".join(near)), USAGE)
        stored = trace.read(name, root)
        if not live:
            return _show(stored, as_json)
        fresh = (bench or Bench.of_project()).record(name)
        return _compare(stored, fresh, as_json)
    except RecordError as error:
        return _fail(str(error), error.code)
    except (KeyError, TypeError) as error:
        why = say("record.missing", name=error.args[0] if error.args else "?")
        told = say("record.bad_trace", file=f"diagrams/traces/{name}.json", why=why)
        return _fail(f"{told} — ./learn record {name}", RED)


def _list(names: list[str], root, as_json: bool) -> int:
    titles = {name: scenarios.load(name, root).title[language()] for name in names}
    if as_json:
        print(json.dumps(titles, ensure_ascii=False))
        return GREEN
    for name, title in titles.items():
        print(f"{name:24} {title}")
    return GREEN


def _show(made: dict, as_json: bool) -> int:
    if as_json:
        print(json.dumps(made, ensure_ascii=False))
    else:
        sequence.tree(made, Console(highlight=False), made["title"][language()])
    return GREEN


def _compare(stored: dict, fresh: dict, as_json: bool) -> int:
    """The fresh one, and the first step at which it is not the stored one."""
    name = fresh["id"]
    pair = trace.first_difference(stored, fresh)
    if as_json:
        differs = dict(zip(("stored", "live"), pair)) if pair else None
        print(json.dumps({**fresh, "differs": differs}, ensure_ascii=False))
        return RED if pair else GREEN
    _show(fresh, as_json)
    if pair is None:
        print(say("record.live_same", name=name))
        return GREEN
    print(say("record.live_differs", name=name, n=(pair[0] or pair[1] or {})["n"]))
    sequence.beside(*pair, Console(highlight=False))
    return RED


def _fail(text: str, status: int) -> int:
    print("learn:", " ".join(text.split()), file=sys.stderr)
    return status
