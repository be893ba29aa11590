# SPDX-License-Identifier: Apache-2.0
"""The verb `parity`: the one gate that a person also answers."""

from __future__ import annotations

from typing import Annotated

import typer

from learn import paths
from learn.say import say


def register(app: typer.Typer) -> None:
    @app.command("parity")
    def parity(
        page: Annotated[str, typer.Argument(help="One page, as 12-trace; none means all.")] = "",
        confirm: Annotated[
            bool, typer.Option("--confirm", help="Both say the same: record it.")
        ] = False,
    ) -> None:
        """Are both languages of the notes in step? With --confirm: they are."""
        from learn.gates import parity as gate

        if confirm:
            print(say("parity.confirmed", count=gate.confirm(paths.NOTES, page)))
        result = gate.run()
        for problem in result.problems:
            print(problem)
        raise typer.Exit(result.exit_code())
