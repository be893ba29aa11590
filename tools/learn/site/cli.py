# SPDX-License-Identifier: Apache-2.0
"""The verbs `site` and `parity`."""

from __future__ import annotations

from typing import Annotated

import typer

from learn.gate import GREEN


def register(app: typer.Typer) -> None:
    @app.command("site")
    def site(
        strict: Annotated[bool, typer.Option(help="A warning fails the build.")] = True,
        serve: Annotated[bool, typer.Option(help="Then serve it and watch the notes.")] = False,
        port: Annotated[int, typer.Option(help="For --serve.", min=0, max=65535)] = 8000,
    ) -> None:
        """Build the site; with --serve also show it."""
        from learn.site import build
        from learn.site import serve as serving

        code = build.build(strict)
        if code == GREEN and serve:
            code = serving.serve(port)
        raise typer.Exit(code)

    @app.command("parity")
    def parity(
        page: Annotated[str, typer.Argument(help="One page, as 12-trace; none means all.")] = "",
        confirm: Annotated[
            bool, typer.Option("--confirm", help="Both say the same: record it.")
        ] = False,
    ) -> None:
        """Are both languages of the notes in step? With --confirm: they are."""
        from learn import paths
        from learn.gates import parity as gate
        from learn.say import say

        if confirm:
            print(say("parity.confirmed", count=gate.confirm(paths.NOTES, page)))
        result = gate.run()
        for problem in result.problems:
            print(problem)
        raise typer.Exit(result.exit_code())
