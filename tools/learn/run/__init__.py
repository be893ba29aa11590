# SPDX-License-Identifier: Apache-2.0
"""Runs programs for every other package.

    bounded.py    a program that may hang, print without end or eat all memory
    keeper.py     stands between it and us, and ends it when we die
    progress.py   a long command of ours: a log, and one moving line
    build.py      one preset of CMakePresets.json
    built.py      some programs of it, if they are not up to date
"""
