# SPDX-License-Identifier: Apache-2.0
"""Every lab can be held, and its marks can be trusted.

Each lab's pack, in each layout, is unpacked in a clean folder, and gives the reference,
the starter and the three wrong ideas the points that they must have, and these their names.
Hostile submissions meet one
pack: they have no marks that nothing has earned, and do no harm. The slides fit, labs_slides.py.
What was green is remembered by the content of all that it depends on, labs_inputs.py.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from learn import paths
from learn.exercise import cut
from learn.exercise.model import ExerciseError
from learn.exercise.precompiled import GTEST
from learn.exercise.tests import NothingRan
from learn.exercise.toolchain import VARIANTS, NoCompiler
from learn.exercise.tree import write_file
from learn.gate import GateResult, Problem, blocked, verdict
from learn.gates import labs_inputs, labs_slides
from learn.index.symbol import IndexUnavailable
from learn.teacher import lab as labs
from learn.teacher import layouts, pack, prove
from learn.teacher.lab import Lab
from learn.teacher.prove import Proof

HOSTILE_LEAST = 12
SEED = 20417  # of the packs that are proved here; a teacher's has another
HOME = paths.BUILD / "labs"
AT_ONCE = 2
COMPILERS = sorted({flags[0] for flags in VARIANTS.values()} | {"ld.gold", "ld"})
MEND = "run ./learn teacher pack LAB, and mend the lab, the exercise or the grader"


@dataclass(frozen=True)
class Work:
    root: Path
    home: Path  # where objects and proofs are kept
    formats: tuple[str, ...]


def run(options: object) -> GateResult:
    return labs_slides.with_slides(check(Work(paths.ROOT, HOME, layouts.FORMATS)), HOME)


def check(work: Work) -> GateResult:
    """The gate over any tree."""
    problems: list[Problem] = []
    found: list[Lab] = []
    for folder in labs.folders(work.root):
        try:
            found.append(labs.load(folder, work.root))
        except ExerciseError as problem:
            problems.append(_problem(str(problem), ""))
    figures: dict[str, object] = {
        "labs": len(found), "packs_ok": 0, "answers": 0, "ideas_named": 0,
        "hostile_submissions": 0, "hostile_harm": 0,
        "minutes": {lab.short: lab.minutes for lab in found}}
    if not found:
        problems.append(_problem("labs: there is no lab", "write labs/NAME/lab.toml"))
        return verdict("labs", figures, problems)
    (work.home / "objects").mkdir(parents=True, exist_ok=True)
    try:
        proofs = _proofs(work, found)
    except (NoCompiler, IndexUnavailable) as missing:
        return blocked("labs", str(missing), "./learn doctor")
    for lab, proof in proofs:
        problems += [_problem(f"labs/{lab.name}: {text}", MEND) for text in proof.problems]
        for key, count in (("packs_ok", proof.packs), ("answers", proof.answers),
                           ("ideas_named", proof.named),
                           ("hostile_submissions", proof.hostile), ("hostile_harm", proof.harm)):
            figures[key] = int(str(figures[key])) + count
    if int(str(figures["hostile_submissions"])) < HOSTILE_LEAST:
        problems.append(_problem(f"labs: fewer than {HOSTILE_LEAST} hostile submissions", MEND))
    return verdict("labs", figures, problems)


def _proofs(work: Work, found: list[Lab]) -> list[tuple[Lab, Proof]]:
    """Of each lab its layouts, and of one what is hostile: it has holes, where a hostile
    submission can come into the tests themselves."""
    jobs = [(lab, partial(_remembered, work, lab, "packs", _packs)) for lab in found]
    holes = [lab for lab in found if any(part.exercise.kind == "fill" for part in lab.parts)]
    attacked = [*holes, found[0]][0]
    jobs.append((attacked, partial(_remembered, work, attacked, "hostile", _hostile)))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        proofs = list(pool.map(lambda job: job[1](), jobs))
    return [(lab, proof) for (lab, _), proof in zip(jobs, proofs, strict=True)]


def _remembered(work: Work, lab: Lab, kind: str, prove_it) -> Proof:
    """Only what was green; a fault may be the machine's."""
    try:
        memory = work.home / "proved" / f"{lab.name}-{kind}-{_key(work, lab)}.json"
    except ExerciseError as problem:
        return Proof(problems=[str(problem)])
    if memory.is_file():
        return Proof(**json.loads(memory.read_text("utf-8")))
    with tempfile.TemporaryDirectory(prefix="learn-labs-") as scratch:
        try:
            proof: Proof = prove_it(work, lab, Path(scratch))
        except ExerciseError as problem:
            return Proof(problems=[str(problem)])
        except NothingRan as silent:
            return Proof(problems=[f"its tests did not start: {' '.join(str(silent).split())}"])
    if not proof.problems:
        write_file(memory, json.dumps(asdict(proof)))
    return proof


def _packs(work: Work, lab: Lab, scratch: Path) -> Proof:
    made = pack.make(lab, scratch / "pack", SEED)
    whole = Proof()
    for name in work.formats:
        target = scratch / name
        target.mkdir()
        given = layouts.of(name).build(made, target, "en")
        proof = prove.prove(made, name, given, work.home / "objects")
        shutil.rmtree(target)
        whole.packs += proof.packs
        whole.answers += proof.answers
        whole.named += proof.named
        whole.problems += proof.problems
    return whole


def _hostile(work: Work, lab: Lab, scratch: Path) -> Proof:
    return prove.attack(pack.make(lab, scratch / "pack", SEED), work.home / "objects")


def _key(work: Work, lab: Lab) -> str:
    """Of every file that a proof reads, and of the compilers and the libraries."""
    digest = hashlib.sha256()
    for file in sorted(labs_inputs.of(lab, cut.index_of(work.root))):
        top = paths.ROOT if file.is_relative_to(paths.TOOLS) else work.root
        digest.update(f"{file.relative_to(top)}\0".encode() + file.read_bytes() + b"\0")
    for program in (*COMPILERS, str(GTEST)):
        path = shutil.which(program) or program
        if os.path.exists(path):
            status = os.stat(path)
            digest.update(f"{path} {status.st_size} {status.st_mtime_ns}".encode())
    digest.update(" ".join(work.formats).encode())
    return digest.hexdigest()[:32]


def _problem(text: str, mend: str) -> Problem:
    file, _, rest = text.partition(": ")
    if rest and " " not in file:
        return Problem(file, 0, rest, mend)
    return Problem("labs", 0, text, mend)
