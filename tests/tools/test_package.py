# SPDX-License-Identifier: Apache-2.0
"""The installed library, used by a project that knows nothing of this tree."""

import re
import shutil
import subprocess

import pytest

from learn.paths import BUILD, ROOT, TESTS

CONSUMER = TESTS / "package"
SRC = ROOT / "src"
HEADERS = sorted(str(path.relative_to(SRC)) for path in SRC.rglob("*.h"))
COMPILERS = ("g++", "clang++-19")
SAYS = "netpoll needs C++23: -std=c++23 (CMake: target_compile_features)"


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(params=COMPILERS)
def compiler(request):
    if not shutil.which(request.param):
        pytest.skip(f"{request.param} is not installed")
    return request.param


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """build/release, installed somewhere else."""
    assert (BUILD / "release" / "build.ninja").exists(), "first: ./learn test --only release"
    run("cmake", "--build", BUILD / "release",
        "--target", "netpoll_server", "netpoll_client", "netpoll_mux")
    where = tmp_path_factory.mktemp("prefix")
    run("cmake", "--install", BUILD / "release", "--prefix", where)
    return where


def test_a_consumer_finds_builds_and_runs(prefix, compiler, tmp_path):
    run("cmake", "-G", "Ninja", "-S", CONSUMER, "-B", tmp_path,
        f"-DCMAKE_CXX_COMPILER={compiler}", f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", tmp_path, "--target", "consumer")
    assert run(tmp_path / "consumer") == "served\n"


def test_each_installed_header_compiles_alone(prefix, tmp_path):
    """By GCC; the preset `clang` does it with Clang 19."""
    run("cmake", "-G", "Ninja", "-S", CONSUMER, "-B", tmp_path,
        "-DCMAKE_CXX_COMPILER=g++", f"-DCMAKE_PREFIX_PATH={prefix}")
    assert len(list((tmp_path / "alone").iterdir())) == len(HEADERS)
    run("cmake", "--build", tmp_path, "--target", "alone")


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


def errors(compiler, standard, header):
    """The lines with which `compiler` refuses a file that includes `header`."""
    done = subprocess.run(
        [compiler, f"-std={standard}", f"-I{SRC}", "-fsyntax-only", "-x", "c++", "-"],
        input=f"#include <{header}>\n", capture_output=True, text=True, check=False)
    return [line for line in done.stderr.splitlines() if "error:" in line]


@pytest.mark.parametrize("header", ["netpoll.h", "base/result.h", "client/dialer.h",
                                    "connection/connection.h", "link_buffer/link_buffer.h",
                                    "server/event_loop.h"])
def test_without_cpp23_the_first_error_says_so(compiler, header):
    assert SAYS in errors(compiler, "c++20", f"netpoll/{header}")[0]


def test_with_cpp23_there_is_no_error(compiler):
    assert errors(compiler, "c++23", "netpoll/netpoll.h") == []


_COMMENT = re.compile(r"\s*///?    +(.*)")
_NOTE = re.compile(r"\s*//.*")
_PROSE = re.compile(r"[a-z]+,? [a-z]+,? [a-z]+|\S {2,}\S")


def example(text):
    """The code in a header's comments: indented, ends as a statement does."""
    for line in text.splitlines():
        if match := _COMMENT.match(line):
            code = _NOTE.sub("", match[1]).strip()
            if code.endswith((";", "{", "}", "};")) and not _PROSE.search(code):
                yield code


def missing(text, compiled):
    """The lines of the example in `text` that `compiled` does not have."""
    known = " ".join(_NOTE.sub("", compiled).split())
    return [code for code in example(text) if " ".join(code.split()) not in known]


@pytest.mark.parametrize("header", HEADERS)
def test_each_example_is_code_that_compiles(header):
    assert missing((SRC / header).read_text(), (CONSUMER / "examples.cpp").read_text()) == []


def test_an_example_that_is_not_compiled_is_found():
    compiled = "  auto a = f();\n  // auto b = g();\n"
    assert missing("//    auto a = f();  // one\n", compiled) == []
    assert missing("//    auto b = g();\n", compiled) == ["auto b = g();"]
    assert missing("//    a --> b    then c;\n//    one of the two;\n// x();\n", compiled) == []


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_install_section_names_header_target_and_generator(name):
    text = (ROOT / name).read_text()
    for word in ("<netpoll/netpoll.h>", "netpoll::netpoll", "-G Ninja", "find_package(netpoll"):
        assert word in text, word
