# SPDX-License-Identifier: Apache-2.0
"""The verbs of ./learn. Thin: each hands over to the module that does the work.

A verb that belongs to a sub-package is registered by that package's
`register(app)`, and the package is imported only when its verb is called.
"""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from typing import Annotated

import typer

from learn import say as speech
from learn import usage
from learn.gate import ENVIRONMENT, USAGE
from learn.say import say

# Which module registers which verbs.
OWNERS = {
    "learn.record.cli": ("record", "trace"),
    "learn.exercise.cli": ("list", "start", "watch", "run", "hint", "reset", "solution"),
    "learn.site.cli": ("site",),
    "learn.race.cli": ("race",),
    "learn.teacher.cli": ("teacher",),
    "learn.gates.cli": ("parity",),
}
OWN = ("test", "check", "doctor")
VERBS = OWN + tuple(verb for verbs in OWNERS.values() for verb in verbs)

app = typer.Typer(add_completion=False, no_args_is_help=False, rich_markup_mode=None,
                  context_settings={"help_option_names": ["-h", "--help"]})

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Install without asking.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the site; 0 picks one.")] = 8000,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the site.")] = True,
    yes: Yes = False,
    lang: Annotated[str, typer.Option(help="en or zh; else by locale.")] = "",
    for_: Annotated[str, typer.Option("--for", help="learner: without the site, the peers and "
                    "the gates, 1 GB less. author: everything.")] = "",
) -> None:
    """Annotated Netpoll. Without a verb: set up, build, trace one echo, serve the site."""
    if context.invoked_subcommand is None:
        from learn import start as first

        raise typer.Exit(first.run(port=port, serve=serve))


@app.command()
def test(
    only: Annotated[list[str], typer.Option(help="One part; may be given again.")] = [],
    quick: Annotated[bool, typer.Option("--quick", help="Before a commit: release with its "
                     "tests, house (clang-tidy of what changed), ledger, sourcemap, parity, "
                     "the tools' fast tests.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run what was green before with the "
                     "same inputs, too.")] = False,
    fuzz_seconds: Annotated[int, typer.Option(min=1, max=86_400, help="How long each fuzzer "
                            "runs.")] = 20,
    yes: Yes = False,
) -> None:
    """Every test: C++, tools, load, gates. The last line counts them."""
    from learn.testing import suite

    raise typer.Exit(suite.run(only, quick, fresh, fuzz_seconds))


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="The gate; none means all.")] = "",
    as_json: Json = False,
    scripts: Annotated[int | None, typer.Option(min=1, help="Of conformance: how many.")] = None,
    changed: Annotated[bool, typer.Option("--changed", help="Of house: clang-tidy only what "
                       "git calls changed.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Of speed and experiments: store what "
                     "was measured, or printed.")] = False,
    part: Annotated[str, typer.Option(help="Of exercises and faults: only those whose name "
                    "has these letters.")] = "",
    wild: Annotated[int, typer.Option(min=0, help="Of exercises: so many faults that nobody "
                    "designed, instead; what is green is listed.")] = 0,
    sample: Annotated[int | None, typer.Option(min=1, help="Of mutants: how many are "
                      "planted.")] = None,
    seed: Annotated[int | None, typer.Option(min=1, help="Of mutants: which ones.")] = None,
) -> None:
    """One gate, or all of them: one line a problem, with what mends it."""
    from learn.gates import checking

    if scripts is not None and name != "conformance":
        raise typer.Exit(complain(say("conformance.scripts_where"), USAGE))
    if changed and name != "house":
        raise typer.Exit(complain(say("cli.changed_where"), USAGE))
    if write and name not in ("speed", "experiments"):
        raise typer.Exit(complain(say("speed.write_where"), USAGE))
    if (part and name not in ("exercises", "faults")) or (wild and name != "exercises"):
        raise typer.Exit(complain(say("cli.part_where"), USAGE))
    if (sample or seed) and name != "mutants":
        raise typer.Exit(complain(say("cli.sample_where"), USAGE))
    options = ({} if scripts is None else {"scripts": scripts}) | {
        "changed": changed, "write": write, "part": part, "wild": wild, "sample": sample,
        "seed": seed}
    raise typer.Exit(checking.run(name, as_json, **options))


@app.command()
def doctor(as_json: Json = False) -> None:
    """Every need of the project, and the command that mends what is missing."""
    from learn.setup import doctor as needs

    raise typer.Exit(needs.run(as_json))


def main(arguments: list[str] | None = None) -> int:
    """Runs one command line; bad usage is one line and exit status 2."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        arguments = take_language(arguments)
        verb = next((word for word in arguments if not word.startswith("-")), "")
        asks = bool({"-h", "--help"} & set(arguments))
        load_owner(verb, everything=asks)
        command = typer.main.get_command(app)
        if not asks:
            return command(arguments, prog_name="./learn", standalone_mode=False) or 0
        usage.translate(command)
        return usage.helped(lambda: command(arguments, prog_name="./learn",
                                            standalone_mode=False) or 0)  # fmt: skip
    except ValueError as problem:
        return complain(str(problem), USAGE)
    except typer.Abort:
        return complain(say("cli.stopped"), 130)
    except Exception as problem:
        if hasattr(problem, "format_message"):  # Typer's own usage errors
            return complain(usage.complaint(one_line(problem.format_message())), USAGE)
        if isinstance(problem, OSError) and problem.errno:
            return complain(one_line(str(problem)), ENVIRONMENT)
        raise
    except KeyboardInterrupt:
        return complain(say("cli.stopped"), 130)


def take_language(arguments: list[str]) -> list[str]:
    """Removes --lang from anywhere on the line, and obeys it; and --for, which the shell
    script ./learn has obeyed. That of `teacher` is another one, and stays."""
    rest, words = [], iter(arguments)
    for word in words:
        if "teacher" in rest and word.startswith("--for"):
            rest.append(word)
            continue
        if word == "--lang":
            speech.use_language(next(words, ""))
        elif word.startswith("--lang="):
            speech.use_language(word.removeprefix("--lang="))
        elif word == "--for":
            next(words, "")
        elif word.startswith("--for="):
            pass
        else:
            rest.append(word)
    return rest


def load_owner(verb: str, everything: bool = False) -> None:
    """Imports what defines `verb`; an unknown verb ends with the nearest names."""
    if verb and verb not in VERBS and not verb.isdigit():
        near = difflib.get_close_matches(verb, VERBS, n=3, cutoff=0.5) or VERBS
        raise ValueError(say("cli.unknown_verb", verb=verb, near=" ".join(near)))
    for module, verbs in OWNERS.items():
        if verb in verbs or (everything and not verb):
            importlib.import_module(module).register(app)


def complain(text: str, status: int) -> int:
    print(f"learn: {text}", file=sys.stderr)
    return status


def one_line(text: str) -> str:
    return " ".join(text.split())


def run() -> None:
    # Hyphen-minus and check marks must print even where the locale is plain C.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8")
    os.environ.setdefault("PYTHONIOENCODING", "utf-8")
    sys.exit(main())
