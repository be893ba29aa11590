# SPDX-License-Identifier: Apache-2.0
"""python -m learn, which ./learn runs."""

from learn.cli import run

run()
