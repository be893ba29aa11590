# SPDX-License-Identifier: Apache-2.0
"""The directives that show what is made from something checked.

    machine     a state machine, from the table that a C++ test walks
    layers      the layers, from what the build obeys
    cast        who is on stage, and who owns whom
    experiment  what a command printed
    exercises   a chapter's exercises

Each takes the directive, the page and the sources of expand.py, and returns what stands
in the page.
"""

from __future__ import annotations

from pathlib import Path

from learn.exercise.model import ExerciseError
from learn.site import cast, exercise_list, experiment, graph, layers, machine


def _machine(directive, page, sources) -> str:
    try:
        return machine.figure(directive.argument, page.language, sources)
    except machine.UnknownMachine as error:
        return page.wrong(directive, "pictures.unknown_machine", error.candidates)
    except graph.NoGraphviz as error:
        return page.wrong(directive, "no_diagram", reason=str(error))


def _layers(directive, page, sources) -> str:
    try:
        return layers.figure(directive.argument, page.language, sources)
    except layers.LayersDiffer as error:
        return page.wrong(directive, "pictures.layers_differ", folder=str(error))
    except (OSError, KeyError, graph.NoGraphviz) as error:
        return page.wrong(directive, "no_diagram", reason=str(error))


def _cast(directive, page, sources) -> str:
    try:
        beside = directive.options.get("with", "")
        return cast.block(directive.argument, beside, Path(page.file).stem, page.language, sources)
    except cast.UnknownRole as error:
        return page.wrong(directive, "pictures.unknown_role", name=str(error))
    except graph.NoGraphviz as error:
        return page.wrong(directive, "no_diagram", reason=str(error))


def _experiment(directive, page, sources) -> str:
    try:
        chapter = Path(page.file).stem
        return experiment.block(directive.argument, chapter, page.language, sources.root)
    except experiment.UnknownExperiment as error:
        return page.wrong(directive, "pictures.unknown_experiment", error.candidates)


def _exercises(directive, page, sources) -> str:
    try:
        return exercise_list.table(directive.argument, page.language, sources.root)
    except exercise_list.NoExercises as error:
        return page.wrong(directive, "pictures.no_exercises", error.there_is)
    except ExerciseError as error:
        return page.wrong(directive, "no_diagram", reason=str(error))


RESOLVERS = {"machine": _machine, "layers": _layers, "cast": _cast, "experiment": _experiment,
             "exercises": _exercises}
