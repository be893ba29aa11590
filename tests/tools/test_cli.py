# SPDX-License-Identifier: Apache-2.0
"""The command line: good verbs, bad input, and what it says about the machine."""

import json
import os
import re
import shutil
import subprocess
import time
from importlib import metadata

import pytest

from learn import cli, start
from learn.gate import GateResult, Problem
from learn.gates import checking
from learn.paths import ROOT
from learn.setup import debian, doctor, install, stamps
from learn.testing import parts, suite
from learn.testing.counting import Count, junit

GO_SUMS = [str(lock.relative_to(ROOT)) for lock in stamps.GO_LOCKS]


def learn(*arguments, language="en"):
    environment = os.environ | {"LEARN_LANG": language}
    return subprocess.run([ROOT / "learn", *arguments], cwd="/", env=environment, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, check=False)


def one_line(done, status):
    """Bad input: nothing on stdout, one line on stderr, this exit status."""
    assert (done.returncode, done.stdout) == (status, ""), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_an_unknown_verb_names_the_nearest():
    text = one_line(learn("tset"), 2)
    assert "tset" in text
    assert "test" in text.replace("tset", "")


def test_an_unknown_gate_names_the_nearest():
    assert "house" in one_line(learn("check", "huose"), 2)


def test_an_unknown_part_names_the_parts():
    assert "tsan" in one_line(learn("test", "--only", "tzan"), 2)


@pytest.mark.parametrize("arguments", [["--bogus"], ["check", "--bogus"], ["--port", "70000"],
                                       ["--port", "http"], ["--lang", "fr"], ["check", "a", "b"]])
def test_a_bad_flag_is_one_line(arguments):
    assert one_line(learn(*arguments), 2).startswith("learn: ")


@pytest.mark.parametrize("gate", checking.LATER)
def test_a_gate_of_a_later_part_could_not_run(gate):
    done = learn("check", gate, "--json")
    assert done.returncode == 4
    said = json.loads(done.stdout)
    assert (said["check"], said["ok"]) == (gate, False)
    assert len(said["problems"]) == 1


def test_a_port_in_use_is_one_line(tmp_path):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert port in one_line(learn("--port", port), 4)


def test_both_languages_are_spoken():
    assert "没有" in one_line(learn("tset", language="zh"), 2)
    assert "没有" in one_line(learn("tset", "--lang", "zh"), 2)
    assert "no verb" in one_line(learn("--lang=en", "tset", language="zh"), 2)


def test_help_and_the_shell_list_every_verb():
    said = learn("--help").stdout
    shell = re.search(r"^verbs='(.*)'$", (ROOT / "learn").read_text(), re.MULTILINE)[1].split()
    assert sorted(shell) == sorted(cli.VERBS)
    assert [verb for verb in cli.VERBS if not re.search(rf"^\s+{verb}\b", said, re.MULTILINE)] == []


def test_doctor_names_a_missing_package_and_its_command(monkeypatch, capsys):
    monkeypatch.setattr(debian, "installed", lambda: set(debian.wanted()) - {"gdb"})
    assert doctor.run(as_json=True) == 4
    needs = {need["name"]: need for need in json.loads(capsys.readouterr().out)["needs"]}
    assert not needs["gdb"]["met"]
    assert needs["gdb"]["mend"].endswith("gdb")
    assert needs["cmake"]["met"]


def test_a_bare_tree_installs_nothing_unasked(tmp_path):
    for arguments, status in ((["--help"], 0), (["tset"], 2), (["doctor"], 4), ([], 4)):
        assert bare(tmp_path, *arguments).returncode == status, arguments
        assert not (tmp_path / ".venv").exists()


def test_a_registry_out_of_reach_is_named_with_its_likely_causes(monkeypatch, capfd):
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setattr(install.stamps, "NPM_STAMP", ROOT / "build" / "no-such-stamp")
    monkeypatch.setattr(install.progress, "run", lambda *_, **__: 1)
    assert install.install_npm() == 4
    said = capfd.readouterr().err.strip()
    assert "NODE_EXTRA_CA_CERTS" in said and ".venv/bin/npm ping" in said
    assert "\n" not in said


def test_go_modules_out_of_reach_are_told_and_the_set_up_goes_on(monkeypatch, capfd, tmp_path):
    monkeypatch.setattr(install.stamps, "GO_STAMP", tmp_path / "go")
    monkeypatch.setattr(install.progress, "run", lambda *_, **__: 1)
    assert install.fetch_go() == 0
    said = capfd.readouterr().err.strip()
    assert "GOPROXY" in said and "\n" not in said
    assert not (tmp_path / "go").exists()


def test_every_go_sum_is_in_the_plan():
    tracked = subprocess.run(["git", "ls-files", "*go.sum"], cwd=ROOT, capture_output=True,
                             text=True, check=True).stdout.split()  # fmt: skip
    assert sorted(GO_SUMS) == sorted(tracked)


def test_pip_out_of_reach_is_one_line_with_its_likely_causes(tmp_path):
    """The real script, its own venv, a registry where nobody listens."""
    for name in ("learn", "tools/debian-packages.toml", "tools/node/package-lock.json", *GO_SUMS):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "tools/requirements.lock").write_text("typer==0.0.1 --hash=sha256:" + "0" * 64)
    unreachable = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_RETRIES": "0", "LEARN_LANG": "en"}
    done = subprocess.run([tmp_path / "learn", "--yes", "--no-serve"], env=os.environ | unreachable,
                          stdin=subprocess.DEVNULL, text=True, capture_output=True, check=False)
    assert done.returncode == 4
    last = done.stderr.splitlines()[-1]
    assert "SSL_CERT_FILE" in last and "-m pip -v index versions pip" in last


def test_a_gate_that_breaks_has_not_passed(monkeypatch):
    import learn.gates.house as house

    monkeypatch.setattr(house, "run", lambda options: 1 / 0)
    result = checking.run_gate("house")
    assert (result.ok, result.exit_code()) == (False, 4)


def test_json_is_alone_on_standard_output(monkeypatch, capfd):
    import learn.gates.house as house

    def noisy(options):
        print("noise")
        subprocess.run(["echo", "more noise"], check=True)
        return GateResult("house", False, {"files": 1}, [Problem("a", 1, "b", "c")])

    monkeypatch.setattr(house, "run", noisy)
    assert checking.run("house", as_json=True) == 1
    assert json.loads(capfd.readouterr().out)["problems"] == [
        {"file": "a", "line": 1, "text": "b", "mend": "c"}]


def test_the_last_line_counts_every_part(capsys):
    rows = [("dev", parts.Outcome(Count(10, 0, 1)), 1.0),
            ("house", parts.failed("red"), 2.0)]
    assert suite.summarize(rows) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "10 passed, 1 failed, 1 skipped"


def test_a_part_without_tests_has_failed():
    assert parts.judged(0, Count(), "x.log").count == Count(failed=1)
    assert parts.judged(5, Count(passed=3), "x.log").count == Count(3, 1)


def test_junit_files_of_both_runners_are_counted(tmp_path):
    file = tmp_path / "r.xml"
    file.write_text('<testsuite><testcase status="run"/><testcase status="fail"><failure/>'
                    '</testcase><testcase status="notrun"><skipped/></testcase>'
                    '<testcase><error/></testcase></testsuite>')
    assert junit(file) == Count(1, 2, 1)
    assert junit(tmp_path / "missing.xml") == Count()


def bare(tmp_path, *arguments: str) -> subprocess.CompletedProcess:
    """./learn in a tree that has nothing but its lists."""
    for name in ("learn", "tools/debian-packages.toml", "tools/requirements.lock",
                 "tools/requirements-learner.lock", "tools/node/package-lock.json", *GO_SUMS):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return subprocess.run([tmp_path / "learn", *arguments], cwd=tmp_path, capture_output=True,
                          text=True, check=False, stdin=subprocess.DEVNULL,
                          env={**os.environ, "LEARN_LANG": "en"})  # fmt: skip


def plan_of(done: subprocess.CompletedProcess) -> str:
    assert "What is missing" in done.stderr, done.stderr
    return done.stderr


def test_a_learner_is_asked_for_less(tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "dpkg-query").write_text("#!/bin/sh\n")
    (tmp_path / "bin" / "dpkg-query").chmod(0o755)
    # With nothing installed the plan names all that is wanted.
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    everything = plan_of(bare(tmp_path))
    less = plan_of(bare(tmp_path, "--for", "learner"))
    for package in ("chromium", "golang-go", "doxygen"):
        assert package in everything
        assert package not in less
    assert "npm" in everything
    assert "npm" not in less
    for package in ("g++", "clang-19", "gdb", "libgtest-dev"):
        assert package in less


def test_a_learner_is_told_what_a_verb_of_authors_needs(tmp_path):
    (tmp_path / ".learn").mkdir()
    (tmp_path / ".learn" / "for").write_text("learner\n")
    done = bare(tmp_path, "test")
    assert done.returncode == 2
    assert "./learn --for author" in done.stderr
    assert bare(tmp_path, "--for", "student").returncode == 2


def needed(names: list[str]) -> set[str]:
    """These Python packages and all that they require here."""
    found: set[str] = set()
    while names:
        name = re.sub(r"[-_.]+", "-", names.pop()).lower()
        if name in found:
            continue
        found.add(name)
        for line in metadata.requires(name) or []:
            wanted, _, only = line.partition(";")
            if not re.search(r"extra|Windows|win32|python_version < .3\.(9|10|11)\b", only):
                names.append(re.match(r"[\w.-]+", wanted)[0])
    return found


def test_a_learners_python_packages_are_some_of_the_others_and_enough():
    whole, learners = [
        set((ROOT / "tools" / name).read_text().splitlines())
        for name in ("requirements.lock", "requirements-learner.lock")
    ]
    assert {line for line in learners if not line.startswith("#")} <= whole
    names = {re.match(r"[\w.-]+(?===)", line)[0].lower() for line in learners if "==" in line
             and not line.startswith("#")}  # fmt: skip
    assert names == needed(["typer", "rich", "watchfiles", "pygal", "importlib-metadata"])


def test_for_whom_is_the_shell_scripts_affair(monkeypatch):
    asked = []
    monkeypatch.setattr(start, "run", lambda **options: asked.append(options) or 0)
    assert cli.main(["--for", "learner", "--no-serve"]) == 0
    assert cli.main(["--for=author", "--no-serve"]) == 0
    assert len(asked) == 2


def test_a_learners_needs_are_less(monkeypatch, tmp_path):
    everything = debian.wanted()
    (tmp_path / "for").write_text("learner\n")
    monkeypatch.setattr(stamps, "FOR", tmp_path / "for")
    assert {"chromium", "golang-go"} & set(debian.wanted()) == set()
    assert set(debian.wanted()) < set(everything)
    assert "npm" not in {need.name for need in doctor.needs()}


def test_the_second_start_is_timed():
    began = time.monotonic()
    assert learn("check", "onboarding").returncode == 4
    print(f"second start: {time.monotonic() - began:.2f} s")


@pytest.mark.parametrize("words", [["--for", "autolab"], ["--for=autolab"]])
def test_a_pack_is_for_a_platform(words):
    assert cli.take_language(["teacher", "pack", "L3", *words]) == ["teacher", "pack", "L3", *words]
    assert cli.take_language(["--for", "learner", "teacher", "pack"]) == ["teacher", "pack"]
