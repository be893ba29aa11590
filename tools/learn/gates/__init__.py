# SPDX-License-Identifier: Apache-2.0
"""`./learn check`: one module a gate; each has run(options) -> GateResult.

    checking.py   the list of gates; runs them and prints their verdicts
    cli.py        ./learn parity
"""
