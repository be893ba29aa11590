# SPDX-License-Identifier: Apache-2.0
"""The library while system calls fail: each failure at its place, and what must come of it.

table.py    tests/faults/expected/ and calls.toml as cells: one failure in one scene
calls.py    the system calls that the library makes, by nm, beside those of the table
play.py     plays cells with tests/faults/, a process for each
verdict.py  what a cell has come to, beside what was expected
"""
