# SPDX-License-Identifier: Apache-2.0
"""The verb `teacher`, a group."""

from __future__ import annotations

import typer

from learn.teacher import cli_class


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True)
    cli_class.register(group)
    app.add_typer(group, name="teacher", help="For teachers: labs, packs, marks, slides.")
