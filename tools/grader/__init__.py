# SPDX-License-Identifier: Apache-2.0
"""Grades one submission of a lab: Python's standard library, g++ and GoogleTest alone.

    grade.py        the command line; a part after the other
      pack.py         what is asked for: pack.json
      submission.py   what was handed in: exactly the files that the pack names
      rules.py        what an answer may not contain
      compile.py      objects that all share, and those of one submission
      tests.py        runs a test program: every expected test gets a status
        harness.cpp     its main(), which tells the grader
      score.py        statuses become points
        ideas.py        which known wrong idea fails like that
    run.py          the sandbox: limits, a user of its own, no network
      jail.py         the process that stands between
        walls.py        name spaces
    convert.py      a grade file in the words of a platform
      gradescope.py  autolab.py  actions.py  classroom50.py; told.py: what they share
    words.py        what a student reads

A pack has these files in grader/, and nothing here imports the other tools. A timeout, a
crash or a missing test is 0; a fault of the grader or of the machine is never a mark.
"""
