# SPDX-License-Identifier: Apache-2.0
"""Grades one submission of a lab.

    grade.py --prepare                                        once: what all share is built
    grade.py --submission DIR --student NAME --out FILE       a folder, a zip or a tar

Exit status: 0 it is graded, and FILE says how; 2 wrong usage; 4 a fault of the grader or
of the machine, and FILE has "status": "error" and no score.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))  # it is run as a file
sys.path[:] = [one for one in sys.path if not one or Path(one).resolve() != HERE]

from grader import compile, pack, rules, run, score, submission, tests, words  # noqa: E402
from grader.compile import DoesNotCompile, Shop  # noqa: E402
from grader.pack import Fault, Part  # noqa: E402
from grader.score import Verdict  # noqa: E402
from grader.words import say  # noqa: E402

GRADED, USAGE, FAULT = 0, 2, 4


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    began = time.monotonic()
    found = None
    try:
        found = pack.load(options.pack, float(options.seconds) if options.seconds else None)
        shop = Shop(found, options.objects or found.folder / "objects", options.keep)
        if options.prepare:
            print(prepare(shop))
        if not options.submission:
            return GRADED
        shop.prepare()
        grade = _graded(shop, options.submission, options.student, began)
    except Exception as problem:  # whatever it is, it is no student's
        kind = "" if isinstance(problem, Fault) else f"{type(problem).__name__}: "
        text = f"{kind}{problem}"
        print(f"grade.py: {' '.join(text.split())[:2000]}", file=sys.stderr)
        if options.out:
            seconds = time.monotonic() - began
            score.write(score.fault(found, options.student or "", text, seconds), options.out)
        return FAULT
    score.write(grade, options.out)
    return GRADED


def prepare(shop: Shop) -> str:
    """Builds what all submissions share, and tries the sandbox once."""
    began = time.monotonic()
    made = shop.prepare()
    compile.protect(shop.pack)
    with Job() as job:
        program = shop.sane_program(job)
        tests.sane(program, job, shop.pack.parts[0].limits)
    walls = " ".join(run.walls()) or "none"
    user = "a user of its own" if run.user() is not None else "the grader's user"
    return (f"{shop.pack.lab}: {made} objects built in {time.monotonic() - began:.1f} s; "
            f"a submission runs as {user}, walls: {walls}")  # fmt: skip


def _graded(shop: Shop, place: Path, student: str, began: float) -> dict:
    if not place.exists():
        raise Fault(f"{place} does not exist")
    names = [part.handed_in(name) for part in shop.pack.parts for name in part.files]
    handed_in = submission.read(place, names)
    verdicts = [_part(shop, part, handed_in) for part in shop.pack.parts]
    digests = {name: hashlib.sha256(text).hexdigest() for name, text in handed_in.items()}
    return score.grade(shop.pack, student, verdicts, time.monotonic() - began, digests)


def _part(shop: Shop, part: Part, handed_in: dict[str, bytes]) -> Verdict:
    """The part's verdict. Where nothing at all was right, a sound program must still be."""
    files = {name: handed_in[part.handed_in(name)] for name in part.files
             if part.handed_in(name) in handed_in}  # fmt: skip
    nothing = [tests.Result(name, tests.NOT_RUN) for name in part.tests]
    hidden = [tests.Result(name, tests.NOT_RUN) for name in part.unseen]
    missing = [part.handed_in(name) for name in part.files if name not in files]
    if missing:
        note = say("missing", files=", ".join(missing))
        return Verdict(score.MISSING, nothing, hidden, note=note)
    try:
        verdict = _judged(shop, part, files)
    except DoesNotCompile as problem:
        why = score.TIMEOUT if problem.why == "time" else score.COMPILER
        verdict = Verdict(why, nothing, hidden, compiler=str(problem))
    if not any(r.status == tests.PASSED for r in (*verdict.results, *verdict.hidden)):
        with Job() as job:
            tests.sane(shop.sane_program(job), job, part.limits)
    return verdict


def _judged(shop: Shop, part: Part, files: dict[str, bytes]) -> Verdict:
    refused = [line for name, text in files.items()
               for line in rules.text_problems(name[len(part.inner):],
                                               text.decode("utf-8", "replace"), part.allowed)]
    if refused:
        raise DoesNotCompile("\n".join(refused))
    with Job() as job:
        made = shop.build(part, files, job)
        env = {"PACK": str(shop.pack.folder)}
        if "program" in made:
            env["LEARN_PROGRAM"] = str(made["program"])
        own = tests.run_tests(made["tests"], part.tests, part.limits, job, env)
        # The seed is there for these alone, and what they print is not shown.
        hidden = tests.run_tests(made["tests"], part.unseen, part.limits, job,
                                 {**env, "LAB_SEED": str(shop.pack.seed)})
    unseen = say("hidden", note=hidden.note.splitlines()[0]) if hidden.note else ""
    notes = "\n".join(filter(None, [own.note, unseen]))
    every = [*own.results, *hidden.results]
    if own.timeout or hidden.timeout:
        word = score.TIMEOUT
    elif notes or any(result.status != tests.PASSED for result in every):
        word = score.RED
    else:
        word = score.GREEN
    return Verdict(word, own.results, hidden.results, note=notes)


class Job(tempfile.TemporaryDirectory):  # type: ignore[type-arg]
    """A folder for one part; other users may go through it and not list it."""

    def __init__(self) -> None:
        super().__init__(prefix="grader-")

    def __enter__(self) -> Path:
        os.chmod(self.name, 0o711)
        return Path(self.name)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prepare", action="store_true", help="build what all share")
    parser.add_argument("--submission", type=Path, help="a folder, a zip or a tar")
    parser.add_argument("--student", help="a name for the grade file")
    parser.add_argument("--out", type=Path, help="the grade file")
    parser.add_argument("--pack", type=Path, default=HERE.parent, help="else that of this file")
    parser.add_argument("--objects", type=Path, default=os.environ.get("GRADER_OBJECTS"),
                        help="where objects are kept; else GRADER_OBJECTS, else in the pack")
    parser.add_argument("--lang", choices=words.LANGUAGES, default="en", help="of what it says")
    parser.add_argument("--seconds", type=float, default=os.environ.get("GRADER_SECONDS"),
                        help="of a test program; else the pack's")
    parser.add_argument("--keep", action="store_true", default=bool(os.environ.get("GRADER_KEEP")),
                        help="keep those of submissions as well")
    options = parser.parse_args(arguments)
    if options.submission and not (options.student and options.out):
        parser.error("--submission needs --student and --out")
    if not (options.submission or options.prepare):
        parser.error("say --prepare, or --submission")
    words.use(options.lang)
    options.pack = options.pack.resolve()
    options.objects = Path(options.objects).resolve() if options.objects else None
    return options


if __name__ == "__main__":
    sys.exit(main())
