# SPDX-License-Identifier: Apache-2.0
"""The book as files: one long page whose links work, a zip, one line without Chromium."""

import re
import zipfile

import pytest

from learn.site import content, keep, offline, pdf, print_page

PAGE = """<html><head><link rel="stylesheet" href="{up}assets/a.css"></head><body>
<article class="md-content__inner md-typeset">
<h1 id="top">{title} <a class="headerlink" href="#top">#</a></h1>
<p id="here">to <a href="02-b.html#here">b</a>, <a href="01-a.html">a</a>, <a href="#here">here</a>,
<a href="api/x.html">api</a>, <a href="https://example.org/">out</a>,
<a href="#trace=echo&amp;step=3">step</a> <a href="#trace=echo+reset&amp;step=3">x</a></p>
<trace-player record="echo"><script>1</script><svg id="s"><g id="here"/></svg></trace-player>
<div id=line-7><pre><code><i id=l-7><b>int</b> <a href=02-b.html#line-7>a</a>;
</i></code></pre></div><p><a href=02-b.html#line-7>in b</a> <a href=source/a.html>source</a></p>
<details><summary>x</summary>folded</details>
</article></body></html>"""


@pytest.fixture
def site(tmp_path, monkeypatch):
    for folder, up in (("", ""), ("zh/", "../")):
        (tmp_path / folder).mkdir(exist_ok=True)
        for name in ("01-a", "02-b"):
            (tmp_path / folder / f"{name}.html").write_text(PAGE.format(up=up, title=name))
    chapters = ["01-a.md", "02-b.md", "03-c.md"]
    monkeypatch.setattr(content, "navigation", lambda: [{"Chapters": chapters}])
    return tmp_path


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_link_of_the_long_page_leads_to_an_id_of_it(site, language):
    page = print_page.combined(site, language)
    outside_pictures = re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL)
    ids = re.findall(r'\sid="([^"]+)"', outside_pictures)
    assert len(ids) == len(set(ids))
    inside = re.findall(r'href="#([^"]+)"', page)
    assert inside and set(inside) <= set(ids)
    assert 'href="#02-b--here"' in page and 'href="#01-a--trace-echo"' in page
    assert 'href="https://example.org/"' in page and "api/x.html" not in page
    assert 'href="#02-b--line-7"' in page and "source/a.html" not in page
    assert "</b>" not in page and '<i id="01-a--l-7">int a;\n</i>' in page


def test_the_long_page_has_contents_open_details_and_no_script(site):
    page = print_page.combined(site, "en")
    assert '<li><a href="#printed-01-a">01-a</a></li>' in page and "03-c" not in page
    assert "<details open>" in page and "<script" not in page and "headerlink" not in page
    assert '<svg id="s"><g id="here"/></svg>' in page  # a picture keeps its own ids


def test_the_zip_has_the_site_in_one_folder_and_is_the_same_each_time(site, tmp_path):
    first, second = tmp_path.parent / "first.zip", tmp_path.parent / "second.zip"
    assert offline.pack(site, first) == first.stat().st_size
    offline.pack(site, second)
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as packed:
        assert f"{offline.NAME}/zh/01-a.html" in packed.namelist()


def test_without_chromium_one_line_says_so(monkeypatch, capsys):
    monkeypatch.setenv("LEARN_LANG", "en")
    monkeypatch.setattr(pdf.node, "BROWSERS", ())
    monkeypatch.delenv("CHROMIUM", raising=False)
    assert keep.as_pdf() == 4
    assert capsys.readouterr().err.count("\n") == 1
