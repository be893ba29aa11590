# SPDX-License-Identifier: Apache-2.0
"""Mermaid text and SVG of a trace."""

from __future__ import annotations

import re

import pytest

from learn import paths
from learn.record import diagrams, mermaid
from learn.record.errors import EnvironmentRefuses
from test_canon import FORM

ARROW = re.compile(r"^L\d(->>|-->>|-\))L\d: (.+)<br/>([\w.]+):(\d+)$")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_arrow_carries_function_and_place(language):
    arrows = [line for line in mermaid.text(FORM, language).splitlines() if "<br/>" in line]

    assert len(arrows) == len(FORM["steps"])
    for arrow, step in zip(arrows, FORM["steps"]):
        match = ARROW.match(arrow)
        assert match and step["fn"] in match[2]
        assert (match[3], int(match[4])) == (step["file"].split("/")[-1], step["line"])


def test_each_language_has_its_own_names():
    assert "participant L0 as 客户端" in mermaid.text(FORM, "zh")
    assert "participant L0 as client" in mermaid.text(FORM, "en")


def test_what_mermaid_would_take_for_itself_is_escaped():
    assert mermaid.escape('a;b#c<d>"\n') == 'a#59;b#35;c#lt;d#gt;"⏎'


def test_a_step_to_another_lane_points_there():
    lanes = {lane["id"]: f"L{i}" for i, lane in enumerate(FORM["lanes"])}
    go = next(s for s in FORM["steps"] if s["fn"] == "Pool::go")

    assert mermaid.arrow(go, lanes).startswith(f"{lanes['poller']}->>{lanes['worker']}: ")


def test_ids_of_a_picture_are_its_own():
    marker = '<marker id="head"/><path marker-end="url(#head)"/>'
    picture = f'<svg id="k"><style>#head path{{}}</style>{marker}</svg>'

    own = diagrams.own_ids(picture, "k")
    assert 'id="k-head"' in own and "url(#k-head)" in own and "#k-head path" in own


def test_without_chromium_nothing_is_drawn(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    drawing = diagrams.Drawing("x", "en", "sequenceDiagram\n", tmp_path / "x.svg")

    with pytest.raises(EnvironmentRefuses) as refused:
        diagrams._render([drawing])
    assert refused.value.code == 4 and "Chromium" in str(refused.value)
    assert not drawing.path.exists()


@pytest.mark.skipif(not (paths.NODE / "node_modules").is_dir(), reason="no npm packages yet")
def test_a_picture_is_drawn_once_and_again_when_the_text_changes(tmp_path):
    drawing = diagrams.Drawing("x", "zh", mermaid.text(FORM, "zh"), tmp_path / "x.svg")
    diagrams._render([drawing])

    picture = drawing.path.read_text(encoding="utf-8")
    other = diagrams.Drawing("x", "zh", mermaid.text(FORM, "en"), drawing.path)
    assert drawing.is_current() and not other.is_current()
    assert "客户端" in picture and "var(--md-default-fg-color" in picture and "\n" not in picture
