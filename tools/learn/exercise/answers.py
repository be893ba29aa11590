# SPDX-License-Identifier: Apache-2.0
"""The sheet of an explore: its questions, and a place for each answer.

    # 1. How many system calls …
    calls = ""
"""

from __future__ import annotations

import json
import re
import textwrap
import tomllib

from learn.exercise.model import Exercise, Question
from learn.say import say

FILE = "answers.toml"


class Unreadable(Exception):
    """What the learner wrote is not TOML; the text says where."""


def sheet(exercise: Exercise, language: str) -> str:
    """What a learner begins with."""
    width = 76 if language == "en" else 38  # a Chinese character is two columns wide
    lines = [f"# {exercise.title[language]}", f"# {say('exercise.sheet')}"]
    for number, question in enumerate(exercise.questions, 1):
        words = textwrap.wrap(f"{number}. {question.ask[language]}", width)
        lines += ["", *(f"# {line}" for line in words), f'{question.name} = ""']
    return "\n".join(lines) + "\n"


def read(text: str) -> dict[str, str]:
    """{question: what was answered}; "" where nothing was."""
    try:
        table = tomllib.loads(text)
    except ValueError as problem:
        raise Unreadable(str(problem)) from problem
    return {name: str(value).strip() for name, value in table.items()}


def filled(exercise: Exercise, given: dict[str, str], language: str) -> str:
    """A sheet with these answers."""
    text = sheet(exercise, language)
    for question in exercise.questions:
        begin = f"{question.name} = "
        answer = _quoted(given[question.name])
        text = text.replace(f'{begin}""\n', f"{begin}{answer}\n")
    return text


def _quoted(text: str) -> str:
    """As TOML writes it: as JSON does, but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d[\d,]*(\.\d+)?", text) is not None


def right(question: Question, answer: str, measured: str) -> bool:
    """Numbers by their distance, words by their letters."""
    if answer.casefold() == measured.casefold():
        return True
    if not (is_number(answer) and is_number(measured)):
        return False
    given, wanted = (float(number.replace(",", "")) for number in (answer, measured))
    return abs(given - wanted) <= max(question.within, abs(wanted) * question.percent / 100)
