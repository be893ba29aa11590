# SPDX-License-Identifier: Apache-2.0
"""What the sources say about the original, and how it is checked.

    tables.py   what each version of the original declares, and in which line
    places.py   "file.go:123 (symbol)" in a text, and whether it is right
    comments.py the comments of a C++ file, unwrapped
    claims.py   "Unlike upstream": each has a row in claims.toml
    probes.py   small Go programs that run the original and show a claim
    links.py    links of the notes into the original
    wording.py  what is a contract of the original is not called a bug
"""
