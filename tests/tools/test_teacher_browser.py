# SPDX-License-Identifier: Apache-2.0
"""What a browser sees of a report: nothing wrong, in both languages, looks and widths."""

import pytest

from learn import say
from learn.gates import site as gate
from learn.site.serve import server
from learn.teacher import class_answers, report
from teacher_helpers import FILE, PARTS, write
from test_site import browser_or_skip
from test_teacher_report import grade, nasty_class, part
from test_teacher_similarity import ODD, REFERENCE, STARTER, disguised

LOOKS = {"en": [["light", 360], ["dark", 1280]], "zh": [["dark", 360], ["light", 1280]]}


@pytest.fixture(autouse=True)
def given(monkeypatch):
    monkeypatch.setattr(say, "_chosen", None)
    monkeypatch.setattr(class_answers, "given", lambda _: [STARTER, REFERENCE])


def seen(folder, monkeypatch, spoil=lambda text: text):
    """A report of a class with every attack in it, its pairs open, both languages."""
    browser_or_skip()
    nasty = nasty_class(folder / "class")
    for student, text in (("eve", ODD), ("zoe", disguised(ODD))):
        grade(nasty, student, part(PARTS[0], "green", 5))
        write(nasty / student / PARTS[0] / FILE, text)
    pages = []
    for language, looks in LOOKS.items():
        monkeypatch.setenv("LEARN_LANG", language)
        text = report.page(report.of(nasty, lambda _: None)).replace("<details", "<details open")
        page = f"{language}.html"
        write(folder / "site" / page, "").write_text(spoil(text))
        pages.append({"page": page, "code": True, "looks": looks})
    monkeypatch.setattr(gate, "to_look_at", lambda *_: pages)
    with server(folder / "site") as address:
        return gate.browse(address, [], folder / "site")


def test_a_browser_sees_nothing_wrong(tmp_path, monkeypatch):
    found = seen(tmp_path, monkeypatch)
    assert found == {"offHost": [], "console": [], "axe": [], "overflow": []}


def test_it_would_see_what_is_wrong(tmp_path, monkeypatch):
    def spoil(text):
        return (text.replace("--soft: #5a5f66", "--soft: #d0d0d0")
                .replace("min-width: 0; margin: 0; }", "min-width: 500px; }")
                .replace("<main>", '<main><img src="http://127.0.0.2:9/x.png" alt="">'))

    found = seen(tmp_path, monkeypatch, spoil)
    assert {at["width"] for at in found["overflow"]} == {360}
    assert "color-contrast" in {violation["id"] for violation in found["axe"]}
    assert found["console"]  # the policy refuses the picture
