# SPDX-License-Identifier: Apache-2.0
"""What the tests of ./learn teacher share: a pack with a quick grader, and a class."""

import json
import textwrap

PARTS = ["05-reading/1-peek", "05-reading/2-slice"]
FILE = "src/netpoll/link_buffer/link_buffer_read.cpp"

# Its marks are a function of what was handed in, as a real grader's are. Each mark adds a
# line to `log`; `slow` makes it take a while, so that a run can be killed in the middle.
GRADER = '''
import argparse, json, pathlib, sys, time
pack = pathlib.Path(__file__).resolve().parents[1]
given = argparse.ArgumentParser()
given.add_argument("--prepare", action="store_true")
for name in ("--submission", "--student", "--out"):
    given.add_argument(name)
given = given.parse_args()
facts = json.loads((pack / "pack.json").read_text())
if given.prepare:
    (pack / "objects").mkdir(exist_ok=True)
    sys.exit(facts.get("prepare", 0))
if not (pack / "objects").is_dir():
    sys.exit("nothing was prepared")
time.sleep(facts.get("slow", 0))
parts, home = [], pathlib.Path(given.submission)
for part in facts["parts"]:
    files = sorted(f for f in (home / part["exercise"]).rglob("*") if f.is_file())
    text = b"".join(f.read_bytes() for f in files)
    if b"break the grader" in text:
        sys.exit("Traceback: the grader broke")
    score = sum(text) % 6 if files else 0
    parts.append({"id": part["exercise"], "name": part["name"], "score": score, "max": 5,
                  "verdict": "green" if score == 5 else "red" if files else "missing",
                  "compiler": "", "tests": [], "idea": None})
grade = {"schema": "annotated-netpoll/grade/1", "lab": facts["lab"], "student": given.student,
         "seed": facts["seed"], "status": "ok", "score": sum(p["score"] for p in parts),
         "max": 5 * len(parts), "seconds": time.process_time(), "parts": parts, "files": {}}
with (pack / "log").open("a") as log:
    log.write(given.student + "\\n")
pathlib.Path(given.out).write_text(json.dumps(grade))
'''


def write(file, text):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(textwrap.dedent(text))
    return file


def a_pack(folder, parts=PARTS, **facts):
    table = {"schema": "annotated-netpoll/pack/1", "lab": "L3", "seed": 7,
             "parts": [{"exercise": part, "name": {"en": part, "zh": part}, "points": 5,
                        "files": [FILE]} for part in parts], **facts}
    write(folder / "pack.json", json.dumps(table))
    write(folder / "grader" / "grade.py", GRADER)
    write(folder / "source" / "src" / "a.cpp", "int a;\n")
    return folder


def a_class(folder, count):
    """Submissions that differ from each other; every fifth lacks a part."""
    for number in range(count):
        home = folder / f"s{number:03}"
        for part in PARTS[: 1 if number % 5 == 4 else 2]:
            write(home / part / FILE, f"int answer = {number * 7};\n")
    return folder


def marks(folder):
    """{student: (score, the score of each part)}, from the grade files."""
    found = {}
    for file in sorted((folder / "grades").glob("*.json")):
        grade = json.loads(file.read_text())
        assert grade["status"] == "ok", file
        found[file.stem] = grade["score"], tuple(p["score"] for p in grade["parts"])
    return found


def log(pack):
    """The students in the order in which they were marked."""
    return (pack / "log").read_text().split()
