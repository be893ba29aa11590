# SPDX-License-Identifier: Apache-2.0
"""The installed library, used by a project that knows nothing of this tree."""

import subprocess

import pytest

from learn.paths import BUILD, TESTS


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """build/release, installed somewhere else."""
    assert (BUILD / "release" / "build.ninja").exists(), "first: ./learn test --only release"
    run("cmake", "--build", BUILD / "release")
    where = tmp_path_factory.mktemp("prefix")
    run("cmake", "--install", BUILD / "release", "--prefix", where)
    return where


def test_a_consumer_finds_builds_and_runs(prefix, tmp_path):
    run("cmake", "-G", "Ninja", "-S", TESTS / "package", "-B", tmp_path,
        "-DCMAKE_CXX_COMPILER=g++", f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", tmp_path)
    assert run(tmp_path / "consumer") == "served\n"


def test_no_path_of_this_tree_is_installed(prefix):
    configs = list(prefix.rglob("*.cmake"))
    assert configs
    assert [file.name for file in configs if str(BUILD.parent) in file.read_text()] == []


def test_another_minor_version_is_refused(prefix, tmp_path):
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(other LANGUAGES CXX)\n"
        "find_package(netpoll 0.2 REQUIRED)\n")
    done = subprocess.run(["cmake", "-G", "Ninja", "-S", tmp_path, "-B", tmp_path / "b",
                           f"-DCMAKE_PREFIX_PATH={prefix}"],
                          capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "0.2" in done.stderr
