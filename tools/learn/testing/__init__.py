# SPDX-License-Identifier: Apache-2.0
"""`./learn test`.

    suite.py      the table, and the line that sums it
    parts.py      what each part runs
    fuzz.py       the part that runs the fuzzers
    schedule.py   which parts run at the same time
    memory.py     which parts were green with the very same inputs
    counting.py   tests counted from JUnit files
"""
