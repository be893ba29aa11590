# SPDX-License-Identifier: Apache-2.0
"""The player's script, and the part of `./learn test` that tests its sources."""

import re

import pytest

from learn.setup import node
from learn.site import bundle
from learn.testing import typescript
from learn.testing.counting import Count

RED = """import { expect, test } from "vitest";
test("a", () => expect(1).toBe(2));
test("b", () => expect(1).toBe(1));
"""


def need_packages():
    if not bundle.ESBUILD.is_file():
        pytest.skip("no npm packages yet")


def test_the_script_is_small_and_asks_nobody(tmp_path):
    need_packages()
    size = bundle.build(tmp_path / "a.js")
    made = (tmp_path / "a.js").read_text()
    assert size <= bundle.LIMIT and "customElements.define" in made
    assert not re.search(r"\bfetch\(|XMLHttpRequest|import\(", made)
    hosts = set(re.findall(r"https?://([\w.-]+)", made))
    assert hosts <= {"www.w3.org"}  # the name of SVG's namespace


def test_a_script_too_large_or_wrong_is_refused(tmp_path, monkeypatch):
    need_packages()
    monkeypatch.setattr(bundle, "LIMIT", 5000)
    with pytest.raises(bundle.BadBundle, match="5000"):
        bundle.build(tmp_path / "a.js")
    wrong = tmp_path / "wrong.ts"
    wrong.write_text("const a = ;\n")
    with pytest.raises(bundle.BadBundle):
        bundle.build(tmp_path / "b.js", wrong)


def test_without_the_packages_there_is_no_script(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "ESBUILD", tmp_path / "esbuild")
    with pytest.raises(bundle.NoBundler):
        bundle.build(tmp_path / "a.js")


@pytest.mark.parametrize("gone", ["TSC", "VITEST", "node"])
def test_the_part_without_node_or_packages_has_failed(tmp_path, monkeypatch, gone):
    if gone == "node":
        monkeypatch.setattr(node, "NODE_BIN", tmp_path / "node")
        monkeypatch.setenv("PATH", str(tmp_path))
    else:
        monkeypatch.setattr(typescript, gone, tmp_path / gone)
    outcome = typescript.run()
    assert outcome.count == Count(failed=1) and outcome.could_not_run and outcome.reason


@pytest.mark.parametrize("file, words, failures", [
    ("src/a.ts", "export const a: number = 'text';\n", Count(failed=1)),
    ("test/a.test.ts", RED, Count(2, 1)),
    ("test/none.ts", "export {};\n", Count(1, 1)),
])  # fmt: skip
def test_a_wrong_type_a_red_test_and_no_test_at_all_are_red(
    tmp_path, monkeypatch, file, words, failures
):
    need_packages()
    (tmp_path / file).parent.mkdir()
    (tmp_path / file).write_text(words)
    for name in ("tsconfig.json", "vitest.config.ts"):
        (tmp_path / name).write_text((typescript.PLAYER / name).read_text())
    (tmp_path / "node_modules").symlink_to(node.MODULES)
    monkeypatch.setattr(typescript, "PLAYER", tmp_path)
    outcome = typescript.run()
    assert outcome.count == failures and outcome.reason
