# SPDX-License-Identifier: Apache-2.0
"""The chart of the race: what it draws, its colours, and that it asks nobody for anything."""

import copy
import re
import xml.etree.ElementTree as xml
from dataclasses import asdict

import pytest

from learn.race import chart, results
from learn.race.plan import Workload
from learn.race.servers import RAW, RAW_AGAIN
from race_helpers import SMALL, sample

# A chart of two workloads, one of which asio missed.
ONE_ROUND = [{RAW: sample(4.0), "inline": sample(3.9), "pool": sample(5.0), "asio": sample(4.4),
              RAW_AGAIN: sample(4.1)}]
ROWS = [asdict(row) for workload in (SMALL, Workload(64, 1024, work_us=50))
        for row in results.rows(workload, ONE_ROUND)
        if (row.server, row.work_us) != ("asio", 50)]


@pytest.fixture(scope="module")
def svg():
    return chart.race(ROWS)


def elements(svg, tag, word=""):
    return [one for one in xml.fromstring(svg).iter(f"{{{chart.SVG}}}{tag}")
            if not word or word in one.get("class", "").split()]


def test_the_chart_has_a_bar_for_each_row_and_names_it(svg):
    assert len(elements(svg, "rect", "rect")) == len(ROWS) == 9
    words = [one.text for one in elements(svg, "text")]
    for row in ROWS:
        assert f"{row['server']} {row['cpu']:.2f}" in words
    assert {"64×64 B", "64×1 KiB 50 µs"} <= set(words)


def test_the_chart_draws_the_line_at_one_and_marks_ours(svg):
    one, = elements(svg, "path", "major")
    named = [text.text for text in elements(svg, "text", "major")]
    assert "guide" in one.get("class") and named == ["1.00"]
    style = "".join(elements(svg, "style")[0].itertext())
    bold = {int(place) for place in re.findall(r"\.serie-(\d+) text\.value\{font-weight", style)}
    servers = list(dict.fromkeys(row["server"] for row in ROWS))
    assert {servers[place] for place in bold} == {"inline", "pool"}


def test_the_bars_are_as_long_as_their_values(svg):
    drawn = {text.text: float(bar.get("width")) for text, bar in
             zip(elements(svg, "text", "value"), elements(svg, "rect", "rect"), strict=True)}
    half = drawn[f"pool {4 / 5:.2f}"] / drawn[f"{RAW} 1.00"]
    assert half == pytest.approx(0.8, abs=0.01)


def test_equal_rows_give_equal_bytes_and_nothing_from_elsewhere(svg):
    assert chart.race(copy.deepcopy(ROWS)) == svg
    assert re.findall(r"https?://[^\"'<\s]*", svg.replace(chart.SVG, "")) == []
    for word in ("<script", "href", "url(", "@import", "<!--", "<?", "javascript"):
        assert word not in svg


def test_every_colour_follows_the_page(svg):
    """Broken variant: a colour of pygal's own, black on a dark page."""
    style = "".join(elements(svg, "style")[0].itertext())
    assert "@media (prefers-color-scheme:dark)" in style
    rules = re.sub(r"--\w+:#\w+;?", "", style)
    used = re.findall(r"[{;](?:fill|stroke|color|background-color):([^;}!]*)", rules)
    fixed = {one.strip() for one in used} - {"none", "transparent"}
    assert fixed and all(re.fullmatch(r"var\(--\w+\)", one) for one in fixed), fixed
    assert not any({"fill", "stroke"} & set(one.attrib) for one in xml.fromstring(svg).iter())
    assert {one for text in used for one in re.findall(r"--(\w+)", text)} <= set(chart.LIGHT)
    assert set(chart.LIGHT) == set(chart.DARK)


def luminance(colour):
    parts = [int(colour[place:place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
              for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear,
                                                     strict=True))


@pytest.mark.parametrize("scheme", [chart.LIGHT, chart.DARK])
def test_words_and_bars_stand_out_from_the_background(scheme):
    def contrast(name):
        dark, light = sorted(luminance(scheme[one]) for one in (name, "paper"))
        return (light + 0.05) / (dark + 0.05)

    assert contrast("ink") >= 7
    for name in set(scheme) - {"ink", "paper", "faint"}:
        assert contrast(name) >= 3, name
