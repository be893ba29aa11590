# SPDX-License-Identifier: Apache-2.0
"""The lists of the pages around the chapters: {{ all("roads") }} and its kin.

Each is made from what the directives look things up in, and from the page that asks.
"""

from __future__ import annotations

from collections.abc import Callable

from learn import sourcemap, upstream
from learn.exercise.model import ExerciseError
from learn.site import chapters, lab_pages, originals, road_map

# What a list may raise when its sources are not right; one line.
CannotList = (
    chapters.ChapterError,
    road_map.RoadError,
    sourcemap.BadTable,
    upstream.BrokenTable,
    ExerciseError,
    OSError,
)

LISTS: dict[str, Callable] = {
    "roads": lambda sources, page: road_map.roads(sources.root, page.language),
    "routes": lambda sources, page: road_map.routes(sources.root, page.language),
    "labs": lambda sources, page: lab_pages.table(sources.root, page.language),
    "originals": originals.originals,
    "ours": originals.ours,
}
