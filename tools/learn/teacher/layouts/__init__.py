# SPDX-License-Identifier: Apache-2.0
"""How a pack lies for each platform, and the clean room in which it is proved.

    dir.py          the pack itself
    gradescope.py   one zip: setup.sh, run_autograder, the pack
    autolab.py      a Makefile, two tars, the lab's .yml
    actions.py      a repository: a workflow, the pack in .grader/, the starters

A layout builds its files, and opens a room: a new folder in which stands what the platform
has after it took these files, and where a submission is graded by the platform's commands.
"""

from __future__ import annotations

from typing import cast

from learn.teacher.layouts import actions, autolab, dir, gradescope
from learn.teacher.layouts.common import Layout

MODULES = {"dir": dir, "gradescope": gradescope, "autolab": autolab, "actions": actions}
FORMATS = tuple(MODULES)


def of(name: str) -> Layout:
    return cast(Layout, MODULES[name])
