# SPDX-License-Identifier: Apache-2.0
"""What a page shows of a demo is what the demo printed.

chapters/NN-slug/DEMO.txt is compared with the program by a test of ctest; here it is
compared with the two pages: each of its lines stands there, in a block of text.
"""

import pytest

from learn import paths
from learn.site.content import LANGUAGES
from learn.site.directives import prose_lines

PRINTED = sorted(paths.ROOT.glob("chapters/*/*.txt"))
DEMOS = [file for file in PRINTED if file.name != "CMakeLists.txt"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("demo", DEMOS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_page_shows_what_the_demo_printed(demo, language):
    page = paths.NOTES / language / f"{demo.parent.name}.md"
    text = page.read_text("utf-8")
    shown = {line.strip() for _, line, inside in prose_lines(text) if inside}
    missing = [line for line in demo.read_text("utf-8").splitlines() if line.strip() not in shown]
    assert missing == []


def test_there_are_demos_to_compare():
    assert DEMOS
