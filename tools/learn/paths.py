# SPDX-License-Identifier: Apache-2.0
"""Every folder and file that the tools name, in one place."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

SRC = ROOT / "src"
PROGRAMS = ROOT / "programs"
TESTS = ROOT / "tests"
NOTES = ROOT / "notes"
CHAPTERS = ROOT / "chapters"
EXERCISES = ROOT / "exercises"
LABS = ROOT / "labs"
DIAGRAMS = ROOT / "diagrams"
TRACES = DIAGRAMS / "traces"
SCENES = DIAGRAMS / "programs"
UPSTREAM_TSV = NOTES / "upstream" / "netpoll-v0.7.0-symbols.tsv"

TOOLS = ROOT / "tools"
MESSAGES = TOOLS / "learn" / "messages"
DEBIAN_TOML = TOOLS / "debian-packages.toml"
REQUIREMENTS = TOOLS / "requirements.lock"
LEARNERS_REQUIREMENTS = TOOLS / "requirements-learner.lock"
NODE = TOOLS / "node"

# What a machine makes; none of it is in git.
BUILD = ROOT / "build"
LOGS = BUILD / "logs"
VENV = ROOT / ".venv"
STATE = ROOT / ".learn"


def relative(path: Path) -> str:
    """`path` as people read it: from the top of the tree when it lies inside."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
