# SPDX-License-Identifier: Apache-2.0
"""A grade file in the words of a platform.

    convert.py gradescope GRADE --out results.json
    convert.py autolab GRADE                        two lines on standard output
    convert.py actions GRADE --out summary.md --junit junit.xml
    convert.py classroom50 GRADE --out result.json

Exit status 4, and no file: the grade file is a fault of the grader, and no mark. Messages
of hidden tests are left out, for they would tell what is hidden.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))  # it is run as a file
sys.path[:] = [one for one in sys.path if not one or Path(one).resolve() != HERE]

from grader import actions, autolab, classroom50, gradescope, words  # noqa: E402

PLATFORMS = ("gradescope", "autolab", "actions", "classroom50")
DONE, FAULT = 0, 4


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("platform", choices=PLATFORMS)
    parser.add_argument("grade", type=Path, help="a grade file")
    parser.add_argument("--out", type=Path, help="else standard output")
    parser.add_argument("--junit", type=Path, help="of actions: the tests as JUnit's XML")
    parser.add_argument("--lang", choices=words.LANGUAGES, default="en")
    options = parser.parse_args(arguments)
    words.use(options.lang)
    try:
        grade = json.loads(options.grade.read_text("utf-8"))
    except (OSError, ValueError) as problem:
        print(f"convert.py: {options.grade}: {problem}", file=sys.stderr)
        return FAULT
    if grade.get("status") != "ok":
        print(words.say("fault", error=grade.get("error", "")), file=sys.stderr)
        return FAULT
    if options.junit:
        options.junit.write_text(actions.junit(grade), "utf-8")
    text = _text(options.platform, grade)
    if options.out:
        options.out.write_text(text, "utf-8")
    else:
        print(text, end="")
    return DONE


def _text(platform: str, grade: dict[str, Any]) -> str:
    if platform == "autolab":
        return autolab.lines(grade)
    if platform == "actions":
        return actions.summary(grade)
    made = (gradescope.results(grade) if platform == "gradescope"
            else classroom50.result(grade, dict(os.environ)))  # fmt: skip
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    sys.exit(main())
