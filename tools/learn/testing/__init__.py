# SPDX-License-Identifier: Apache-2.0
"""`./learn test`.

    suite.py      the parts, in which order, and the line that sums them
    counting.py   tests counted from JUnit files
"""
