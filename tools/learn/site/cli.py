# SPDX-License-Identifier: Apache-2.0
"""The verb `site`."""

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
        packed: Annotated[bool, typer.Option("--zip", help="Also as a zip that opens without "
                          "a server.")] = False,
        pdf: Annotated[bool, typer.Option("--pdf", help="Also as a PDF a language.")] = False,
    ) -> None:
        """Build the site; with --serve also show it."""
        from learn.site import build, keep
        from learn.site import serve as serving
        from learn.site.worker import Worker

        worker = Worker() if serve else None
        code = build.build(strict, worker.build if worker else build.run)
        if code == GREEN and packed:
            code = keep.as_zip()
        if code == GREEN and pdf:
            code = keep.as_pdf()
        if code == GREEN and serve:
            code = serving.serve(port, worker, strict)
        raise typer.Exit(code)
