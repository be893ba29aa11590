# SPDX-License-Identifier: Apache-2.0
"""The symbol index on a sample with every construct that tools get wrong."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from learn.index import AmbiguousSymbol, IndexUnavailable, UnknownSymbol, build, reader

SAMPLE = Path(__file__).parent / "data" / "index"
HEADER, SOURCE = "src/ring/ring.h", "src/ring/ring.cpp"


def index_of(root: Path, cache: Path):
    return build(root=root, folders=[root / "src"], cache=cache)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return index_of(SAMPLE, tmp_path_factory.mktemp("index"))


@pytest.mark.parametrize(
    ("name", "file", "comment", "start", "end"),
    [
        ("kLimit", HEADER, 19, 19, 20),
        ("Number", HEADER, 22, 22, 25),
        ("Bytes", HEADER, 27, 27, 27),
        ("Rows", HEADER, 29, 29, 30),
        ("Color", HEADER, 32, 32, 35),
        ("Ring", HEADER, 37, 39, 72),
        ("Ring<bool, N>", HEADER, 74, 74, 75),
        ("Ring::Iterator", HEADER, 43, 43, 50),
        ("Ring::Iterator::step", HEADER, 46, 46, 46),
        ("Ring::size", HEADER, 55, 55, 56),
        ("Ring::begin()", HEADER, 58, 58, 59),
        ("Ring::begin() const", HEADER, 60, 60, 60),
        ("same", HEADER, 66, 66, 66),
        ("Ring::used_", HEADER, 69, 70, 70),
        ("Ring::push(T)", HEADER, 77, 77, 81),
        ("Ring::push(T)@decl", HEADER, 62, 62, 62),
        ("Ring::push(const string&, int)", HEADER, 63, 63, 63),
        ("Counter::kStep", SOURCE, 33, 33, 33),
        ("Counter::kStep@decl", HEADER, 95, 95, 95),
        ("Counter::operator bool", SOURCE, 35, 35, 37),
        ("Counter::operator()", SOURCE, 39, 39, 41),
        ("Counter::operator()(int)", SOURCE, 39, 39, 41),
        ("plain(int)", SOURCE, 14, 15, 21),
        ("plain(int)@decl", HEADER, 83, 83, 83),
        ("plain(long)", SOURCE, 23, 23, 23),
        ("ring.cpp:hidden", SOURCE, 7, 8, 10),
        ("braces", SOURCE, 25, 25, 27),
        ("ring_version", SOURCE, 29, 29, 31),
        ("seven", HEADER, 87, 87, 87),
        ("RING_ACCESSOR", HEADER, 12, 12, 13),
        ("std::hash<Color>", HEADER, 103, 103, 104),
        ("Elsewhere", "src/ring/other.cpp", 9, 9, 16),
        ("Elsewhere@decl", HEADER, 17, 17, 17),
    ],
)
def test_lines_are_exact(index, name, file, comment, start, end):
    symbol = index.find(name)
    found = (symbol.file, symbol.comment_start, symbol.start, symbol.end)
    assert found == (file, comment, start, end)


def test_the_sample_compiles(index):
    assert index.errors == []


def test_bodies_are_found_to_the_byte(index):
    symbol = index.find("ring.cpp:hidden")
    body = (SAMPLE / symbol.file).read_bytes()[slice(*symbol.body_bytes)]
    assert (symbol.body_start, symbol.body_end) == (8, 10)
    assert body == b"{\n  return a + 1;\n"
    assert index.find("braces@decl").body_bytes is None


def test_an_overload_must_be_chosen(index):
    with pytest.raises(AmbiguousSymbol) as failure:
        index.find("plain")
    assert {s.parameters[0] for s in failure.value.candidates} == {"int", "long"}
    assert "src/ring/ring.cpp:15" in str(failure.value)


def test_equal_names_in_two_anonymous_namespaces_are_ambiguous(index):
    with pytest.raises(AmbiguousSymbol) as failure:
        index.find("hidden")
    assert len(failure.value.candidates) == 2


def test_an_unknown_name_lists_what_is_near(index):
    with pytest.raises(UnknownSymbol) as failure:
        index.find("Ring::pusch")
    assert [s.name for s in failure.value.candidates] == ["netpoll::Ring::push"]


def test_a_template_is_found_and_spoken_of_by_its_one_alias(index):
    push = index.find("Four::push(T)")
    assert push == index.find("Ring::push(T)")
    assert index.spoken(push) == "Four::push"
    assert index.spoken(index.find("Ring")) == "Four"
    assert index.spoken(index.find("Elsewhere")) == "Elsewhere"


def test_at_finds_the_innermost_symbol(index):
    assert index.at(HEADER, 49).name == "netpoll::Ring::Iterator::at_"
    assert index.at(HEADER, 51).name == "netpoll::Ring"
    assert index.at(HEADER, 37).name == "netpoll::Ring"
    assert index.at(HEADER, 8) is None


def test_a_changed_header_is_read_again(tmp_path, monkeypatch):
    shutil.copytree(SAMPLE, tmp_path / "tree")
    tree, cache = tmp_path / "tree", tmp_path / "cache"
    index_of(tree, cache)
    read = []
    parse = reader.parse
    monkeypatch.setattr(reader, "parse", lambda f, *a: read.append(f.name) or parse(f, *a))
    index_of(tree, cache)
    assert read == []
    header = tree / HEADER
    header.write_text(header.read_text().replace("int plain(int a);", "\n\nint plain(int a);"))
    assert index_of(tree, cache).find("plain(int)@decl").start == 85
    assert sorted(read) == ["ring.cpp", "ring.h"]


def test_a_file_that_does_not_compile_is_told_and_not_remembered(tmp_path):
    shutil.copytree(SAMPLE, tmp_path / "tree")
    (tmp_path / "tree" / "src" / "ring" / "bad.cpp").write_text('#include "gone.h"\nint bad;\n')
    for _ in range(2):
        index = index_of(tmp_path / "tree", tmp_path / "cache")
        assert len(index.errors) == 1
        assert "gone.h" in index.errors[0]
    assert '"src/ring/bad.cpp"' not in (tmp_path / "cache" / "index.json").read_text()


def test_without_libclang_nothing_is_known(monkeypatch, tmp_path):
    monkeypatch.setattr(reader, "LIBRARIES", ("/nowhere/libclang-19.so.1",))
    reader.bindings.cache_clear()
    with pytest.raises(IndexUnavailable, match="libclang 19 is not installed"):
        index_of(SAMPLE, tmp_path)
    reader.bindings.cache_clear()


def test_a_warm_index_loads_at_once(tmp_path):
    index_of(SAMPLE, tmp_path)
    code = (
        "import sys, time; from pathlib import Path; start = time.perf_counter();"
        "from learn import index; root = Path(sys.argv[1]);"
        "index.build(root=root, folders=[root / 'src'], cache=Path(sys.argv[2]));"
        "assert 'clang' not in sys.modules; print(time.perf_counter() - start)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(SAMPLE), str(tmp_path)],
        capture_output=True, text=True, check=True, env={"PYTHONPATH": "tools"},
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert float(run.stdout) < 0.3
