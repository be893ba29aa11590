# SPDX-License-Identifier: Apache-2.0
"""The headers of a learner's source, precompiled on top of the prelude."""

from learn.exercise.objects import Workshop
from learn.exercise.tree import Tree


def write(file, text):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_a_prelude_made_anew_takes_its_headers_along(tmp_path):
    root, mine = tmp_path / "root", tmp_path / "mine"
    write(root / "src" / "two.h", "#pragma once\ninline int two() { return 2; }\n")
    source = '#include "two.h"\nint four() { return two() + two(); }\n'
    write(root / "src" / "four.cpp", source)
    workshop = Workshop(tmp_path / "store")

    def compiled(text):
        write(mine / "src" / "four.cpp", text)
        workshop.precompiled.make_prelude()
        tree = Tree(root, mine)
        used = workshop.precompiled.of(tree, "src/four.cpp")
        assert used.includes == ("src/two.h",)
        return workshop.compile(tree, "src/four.cpp")

    first = compiled(f"{source}// mine\n")
    for prelude in (tmp_path / "store" / "prelude").glob("*/*.gch"):
        prelude.unlink()
    assert compiled(f"{source}// mine again\n") != first
