# SPDX-License-Identifier: Apache-2.0
"""What the public world expects of a repository: workflows, containers, a version."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from learn import paths
from learn.run import go
from learn.setup import debian

WORKFLOWS = paths.ROOT / ".github" / "workflows"


def _text(name: str) -> str:
    return (paths.ROOT / name).read_text("utf-8")


@pytest.fixture(scope="session")
def actionlint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("workflows")
    go.build(paths.ROOT / "tools" / "workflows", ".", into, "actionlint")
    return into / "workflows"


def _check(actionlint: Path, *files: Path) -> str:
    done = subprocess.run([actionlint, "-no-color", "-shellcheck=", "-pyflakes=", *files],
                          capture_output=True, text=True, check=False)  # fmt: skip
    return done.stdout + done.stderr


def test_the_workflows_are_right(actionlint: Path) -> None:
    files = sorted(WORKFLOWS.glob("*.yml"))
    assert [file.name for file in files] == ["site.yml", "tests.yml"]
    assert _check(actionlint, *files) == ""


def test_a_workflow_with_a_mistake_is_refused(actionlint: Path, tmp_path: Path) -> None:
    text = (WORKFLOWS / "tests.yml").read_text("utf-8")
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(text.replace("matrix.debian", "matrix.debain"), "utf-8")
    assert "debain" in _check(actionlint, wrong)


def test_workflows_run_the_commands_that_everybody_runs() -> None:
    tests = (WORKFLOWS / "tests.yml").read_text("utf-8")
    site = (WORKFLOWS / "site.yml").read_text("utf-8")
    assert "- run: .ci/run\n" in tests
    assert "- run: ./learn --yes --no-serve\n      - run: ./learn site " in site


def test_the_container_is_set_up_by_learn_itself() -> None:
    """So that its steps are the ones that every other machine has."""
    steps = re.findall(r"^RUN ((?:.*\\\n)*.*)", _text("Dockerfile"), re.MULTILINE)
    assert len(steps) == 2
    assert steps[1] == './learn --for "$FOR" --yes --no-serve'
    installed = re.search(r"--no-install-recommends ([^\\\n]*)", steps[0])
    assert installed
    # What a slim image lacks of an installed Debian; git's needs are in ./learn's list too.
    assert set(installed[1].split()) - set(debian.wanted()) == {"sudo"}


def test_the_container_takes_nothing_that_a_machine_has_made() -> None:
    ignored = (paths.ROOT / ".gitignore").read_text("utf-8").split()
    left_out = (paths.ROOT / ".dockerignore").read_text("utf-8").split()
    made = {name.strip("/") for name in ignored if name.strip("/") in
            (".learn", ".venv", "build", "workspace")}  # fmt: skip
    assert made <= set(left_out)


def test_the_development_container_is_the_same_one() -> None:
    table = json.loads((paths.ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    folder = paths.ROOT / ".devcontainer"
    assert (folder / table["build"]["dockerfile"]).resolve() == paths.ROOT / "Dockerfile"
    assert f"WORKDIR {table['workspaceFolder']}" in _text("Dockerfile")


def test_one_version_everywhere() -> None:
    cmake = re.search(r"project\(netpoll VERSION (\S+)", _text("CMakeLists.txt"))
    cited = re.search(r"^version: (\S+)", _text("CITATION.cff"), re.MULTILINE)
    changes = re.search(r"^## (\S+)", _text("CHANGELOG.md"), re.MULTILINE)
    assert cmake and cited and changes
    assert cmake[1] == cited[1] == changes[1]
