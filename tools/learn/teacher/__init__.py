# SPDX-License-Identifier: Apache-2.0
"""What a teacher needs: `./learn teacher`.

    cli.py          the verbs
    lab.py          labs/*/lab.toml, read and checked
    pack.py         a lab's pack: pack.json, the grader, the sources that it needs
      units.py        what a part is built from, and what a submission can change
      expect.py       what the project's judge says of known answers
      layouts/        how a pack lies for each platform
    prove.py        a pack must give these answers the same points, in a clean folder
      hostile.py      and none to those that only want marks, or to do harm
        hostile/        what they do

The grader itself is tools/grader, which needs nothing of this.
"""
