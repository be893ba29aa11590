# SPDX-License-Identifier: Apache-2.0
"""For the command line: the built site as files to keep, a zip and a PDF a language."""

from __future__ import annotations

import sys

from learn import paths
from learn.gate import ENVIRONMENT, GREEN
from learn.say import say
from learn.site import offline, pdf


def as_zip() -> int:
    """Writes the zip, says where; the exit code."""
    print(_written(offline.ZIP, offline.pack()))
    return GREEN


def as_pdf() -> int:
    """Prints the PDFs, says where, or in one line why not; the exit code."""
    try:
        written = pdf.write()
    except pdf.NoPrinter as error:
        print(say("front.no_pdf", reason=error), file=sys.stderr)
        return ENVIRONMENT
    for file, size in written:
        print(_written(file, size))
    return GREEN


def _written(file, size: int) -> str:
    return say("front.written", where=paths.relative(file), size=f"{size / (1 << 20):.1f}")
