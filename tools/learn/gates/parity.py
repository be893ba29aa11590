# SPDX-License-Identifier: Apache-2.0
"""The gate `parity`: both languages say the same, unit by unit.

notes/parity.json holds, for each unit, the hashes of the two texts that somebody
found equal. Edit one language, and the unit is unconfirmed until the other is
edited as well, or `./learn parity --confirm` says that it needs no edit. A pair of
which both sides are new is confirmed by the gate itself, on a writer's machine; where
CI is set nothing is written, and the file must have come with the commit.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from learn import paths
from learn.gate import GateResult, Problem, verdict
from learn.gates import parity_shape
from learn.say import say
from learn.site.content import LANGUAGES
from learn.site.units import Page, Unit, read

Pair = dict[str, str]  # language -> hash


@dataclass
class Notes:
    """The pages of both languages, and what was confirmed of them."""

    folder: Path
    pages: dict[str, dict[str, Page]]  # name -> language -> page
    confirmed: dict[str, Pair]

    @property
    def ledger(self) -> Path:
        return self.folder / "parity.json"


def run(options: object = None) -> GateResult:
    return check(paths.NOTES, settle=not os.environ.get("CI"))


def check(folder: Path, settle: bool = False) -> GateResult:
    """The verdict on one folder of notes; with `settle`, new pairs are recorded."""
    try:
        notes = load(folder)
    except ValueError as error:
        mend = say("parity.ledger_mend")
        return verdict("parity", {}, [Problem(_name(folder / "parity.json"), 1, str(error), mend)])
    problems = parity_shape.compare(notes.pages, folder)
    units, unconfirmed, fresh = 0, 0, {}
    for key, pair in pairs(notes).items():
        units += 1
        state = _state(pair, notes.confirmed.get(key), settle)
        if state == "settled":
            fresh[key] = _hashes(pair)
        elif state != "confirmed":
            unconfirmed += 1
            problems.append(_unconfirmed(pair, state, folder, key))
    if fresh and not unconfirmed and not problems:
        write(notes, notes.confirmed | fresh)
    return verdict("parity", {"units": units, "unconfirmed": unconfirmed}, sorted(problems))


def load(folder: Path) -> Notes:
    names = {page.stem for lang in LANGUAGES for page in (folder / lang).glob("*.md")}
    pages = {
        name: {
            lang: read(folder / lang / f"{name}.md")
            for lang in LANGUAGES
            if (folder / lang / f"{name}.md").is_file()
        }
        for name in sorted(names)
    }
    ledger = folder / "parity.json"
    confirmed = json.loads(ledger.read_text(encoding="utf-8"))["units"] if ledger.is_file() else {}
    return Notes(folder, pages, confirmed)


def pairs(notes: Notes) -> dict[str, dict[str, Unit]]:
    """Unit by unit what stands in each language."""
    found: dict[str, dict[str, Unit]] = {}
    for page in notes.pages.values():
        for lang, text in page.items():
            for unit in text.units:
                found.setdefault(unit.key, {})[lang] = unit
    return found


def _hashes(pair: dict[str, Unit]) -> Pair:
    return {lang: pair[lang].hash for lang in LANGUAGES}


def _state(pair: dict[str, Unit], known: Pair | None, settle: bool) -> str:
    if len(pair) < len(LANGUAGES):
        return "alone"
    edited = [lang for lang in LANGUAGES if known is None or known[lang] != pair[lang].hash]
    if not edited:
        return "confirmed"
    if len(edited) == len(LANGUAGES):
        return "settled" if settle else "both"
    return edited[0]


def _unconfirmed(pair: dict[str, Unit], state: str, folder: Path, key: str) -> Problem:
    here = state if state in pair else next(lang for lang in LANGUAGES if lang in pair)
    other = next(lang for lang in LANGUAGES if lang != here)
    place = pair.get(other, pair[here]).line
    page = key.split("#")[0]
    kind = {"both": "both", "alone": "alone"}.get(state, "one_edited")
    text = say(f"parity.{kind}", unit=key, here=here, other=other)
    mend = say(f"parity.{kind}_mend", page=page, other=other, line=place)
    return Problem(_name(folder / here / f"{page}.md"), pair[here].line, text, mend)


def write(notes: Notes, units: dict[str, Pair]) -> None:
    """The ledger, without units that are gone; beside it first, then in place."""
    kept = {key: units[key] for key in sorted(pairs(notes)) if key in units}
    part = notes.ledger.with_suffix(".part")
    text = json.dumps(
        {"about": "Pairs of texts found equal; see the gate parity", "units": kept}, indent=1
    )
    part.write_text(text + "\n", encoding="utf-8")
    part.replace(notes.ledger)


def confirm(folder: Path, page: str = "") -> int:
    """Records every pair as it stands, of one page or of all; how many were new."""
    notes = load(folder)
    fresh = {
        key: _hashes(pair)
        for key, pair in pairs(notes).items()
        if len(pair) == len(LANGUAGES) and (not page or key.split("#")[0] == page)
    }
    changed = {key: pair for key, pair in fresh.items() if notes.confirmed.get(key) != pair}
    write(notes, notes.confirmed | changed)
    return len(changed)


def _name(path: Path) -> str:
    return paths.relative(path)
