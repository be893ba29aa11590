# SPDX-License-Identifier: Apache-2.0
"""Each rule of the house, seen red on a fault planted in a small tree, green without."""

import shutil
import subprocess

import pytest

from learn.gates import house, house_layers, house_tools
from learn.paths import ROOT

LICENCE = "// SPDX-License-" + "Identifier: Apache-2.0\n"
LAYERS = (
    "# SPDX-License-" + "Identifier: Apache-2.0\n"
    "netpoll_layer(base SOURCES a.cpp)\n"
    "netpoll_layer(os DEPENDS base SOURCES b.cpp)\n"
)
HEADER = LICENCE + "#pragma once\n\nnamespace netpoll {\n\nint twice(int n);\n\n}  // namespace netpoll\n"
SOURCE = LICENCE + (
    '#include "netpoll/base/a.h"\n\nnamespace netpoll {\n\n'
    "int twice(int n) {\n  return n * 2;\n}\n\n}  // namespace netpoll\n"
)
ABOVE = LICENCE + '#include "netpoll/base/a.h"\n\nint four() {\n  return netpoll::twice(2);\n}\n'


@pytest.fixture
def tree(tmp_path):
    """A house in order: two layers, three files."""
    for name in (".clang-format", ".clang-tidy"):
        shutil.copy(ROOT / name, tmp_path / name)
    files = {"src/CMakeLists.txt": LAYERS, "src/netpoll/base/a.h": HEADER, "src/netpoll/base/a.cpp": SOURCE,
             "src/netpoll/os/b.cpp": ABOVE}
    for name, text in files.items():
        plant(tmp_path, name, text)
    return tmp_path


def plant(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def problems(root):
    return house.run(None, root).problems


def test_a_house_in_order_is_green(tree):
    result = house.run(None, tree)
    assert result.problems == []
    assert result.ok
    assert result.figures == {
        "files": 3, "lines": 24, "median_file_lines": 8, "max_function_lines": 3,
        "layer_violations": 0, "cycles": 0,
    }


LONG_BODY = "".join(f"  n += {i};\n" for i in range(60))
FAULTS = [
    ("src/netpoll/base/a.h", HEADER + "//\n" * 200, "208 lines, 200 at most"),
    ("src/netpoll/base/c.cpp", LICENCE + "//\n" * 300, "301 lines, 300 at most"),
    ("src/netpoll/base/c.cpp", "int x();\n", "0 licence lines"),
    ("tools/x.py", "print()\n", "0 licence lines"),
    ("tools/x.py", ("# " + LICENCE[3:]) * 2, "2 licence lines"),
    ("src/netpoll/base/c.cpp", LICENCE + "// " + "x" * 78 + "\n", "81 columns, 80 at most"),
    ("src/netpoll/base/c.cpp", LICENCE + "#define TWO 2\n", "a macro"),
    ("src/netpoll/base/c.cpp", LICENCE + "#if 0\nint x();\n#endif\n", "dead code behind #if 0"),
    ("src/netpoll/base/c.cpp", LICENCE + "void f() { std::ranges::copy(a, b); }\n",
     "a loop of single bytes"),
    ("programs/c.cpp", LICENCE + "void f() { std::ranges::copy_n(a, 2, b); }\n",
     "a loop of single bytes"),
    ("src/netpoll/base/c.cpp", LICENCE + "// TO" + "DO later\n", "in the source"),
    ("src/netpoll/base/c.cpp", LICENCE + "int  f( );\n", "not as clang-format writes it"),
    ("src/netpoll/base/c.cpp", LICENCE + "int CamelCase() { return 1; }\n", "invalid case style"),
    ("src/netpoll/base/c.cpp", LICENCE + "int f() { return unknown; }\n", "undeclared identifier"),
    ("src/netpoll/base/c.cpp", LICENCE + "int f(int n) {\n" + LONG_BODY + "  return n;\n}\n",
     "f has 63 lines, 60 at most"),
    ("tools/x.py", "# " + LICENCE[3:] + "def f(n):\n" + "    n += 1\n" * 60,
     "f has 61 lines, 60 at most"),
    ("tools/x.py", "# " + LICENCE[3:] + "def f(:\n", "invalid syntax"),
    ("src/netpoll/base/c.h", LICENCE + '#pragma once\n#include "netpoll/os/b.h"\n', "includes netpoll/os/b.h, but base may"),
    ("src/netpoll/base/c.h", LICENCE + '#pragma once\n#include "a.h"\n', 'includes "a.h"'),
    ("src/netpoll/lost/c.h", LICENCE + "#pragma once\n", "a folder that is no layer"),
    ("src/CMakeLists.txt", LAYERS.replace("base SOURCES", "base DEPENDS os SOURCES"),
     "base depends on os, which is not below it"),
]


@pytest.mark.parametrize(("name", "text", "expected"), FAULTS, ids=[f[2] for f in FAULTS])
def test_a_planted_fault_is_found(tree, name, text, expected):
    plant(tree, name, text)
    found = [str(problem) for problem in problems(tree)]
    assert any(expected in line and name.rsplit("/", 1)[0] in line for line in found), found


def test_a_circle_of_includes_is_found_once(tree):
    plant(tree, "src/netpoll/base/c.h", LICENCE + '#pragma once\n#include "netpoll/base/d.h"\n')
    plant(tree, "src/netpoll/base/d.h", LICENCE + '#pragma once\n#include "netpoll/base/c.h"\n')
    result = house.run(None, tree)
    assert result.figures["cycles"] == 1
    assert "src/netpoll/base/c.h src/netpoll/base/d.h" in str(result.problems)


def test_a_comment_may_name_the_slow_copy(tree):
    plant(tree, "src/netpoll/base/a.h", HEADER.replace("int twice", "// No std::ranges::copy() here.\nint twice"))
    assert problems(tree) == []


def test_files_that_git_ignores_are_not_read(tree):
    plant(tree, ".gitignore", "/build/\n")
    plant(tree, "build/x.py", "print()\n")
    subprocess.run(["git", "init", "-q", tree], check=True)
    assert problems(tree) == []


def test_a_missing_tool_is_not_a_pass(tree, monkeypatch):
    monkeypatch.setattr(house_tools, "TIDY", "clang-tidy-of-nobody")
    result = house.run(None, tree)
    assert (result.ok, result.exit_code()) == (False, 4)


def test_clang_tidy_looks_again_when_a_header_changes(tree):
    assert problems(tree) == []
    plant(tree, "src/netpoll/base/a.h", HEADER.replace("twice", "Twice"))
    assert any("invalid case style" in str(problem) for problem in problems(tree))


@pytest.mark.parametrize(("include", "verdict"), [("netpoll/os/b.h", False), ("netpoll/base/a.h", True)])
def test_the_build_and_the_gate_hold_the_same_law(tree, include, verdict):
    plant(tree, "src/netpoll/base/c.h", LICENCE + f'#pragma once\n#include "{include}"\n')
    command = ["cmake", f"-DDIR={tree}/src/netpoll/base", "-DMAY=base", "-P",
               ROOT / "cmake" / "layer_check.cmake"]
    built = subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert built == verdict
    assert (house_layers.violations(house.Tree(tree)) == []) == verdict
