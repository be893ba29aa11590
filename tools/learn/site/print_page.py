# SPDX-License-Identifier: Apache-2.0
"""The pages of one language as one long page, to be printed.

Ids get the name of their page in front, so that a link from one page to another becomes
a link within the book; one that would leave it (the reference, the source) is left as
text. What is folded is open. No script is left.
"""

from __future__ import annotations

import html
import re
from pathlib import Path

from learn.say import area_messages
from learn.site import content

_ARTICLE = re.compile(r"<article\b[^>]*>(.*)</article>", re.DOTALL)
_STYLE = re.compile(r'<link rel="stylesheet" href="([^"]+)">')
_TITLE = re.compile(r"<h1\b[^>]*>(.*?)</h1>", re.DOTALL)
_DROPPED = re.compile(
    r"<script\b.*?</script>|<details class=\"trace-steps\">.*?</details>"
    r'|<a class="headerlink".*?</a>|<a id="__codelineno[^>]*></a>'
    r"|<(?:button|input|output)\b[^>]*>(?:</(?:button|output)>)?|<!--.*?-->",
    re.DOTALL,
)
# Colour, and links of names: more than a hundred thousand elements in a book. What is
# left of a line is its own element, which carries its number.
_CODE = re.compile(r"<pre\b[^>]*>.*?</pre>", re.DOTALL)
_IN_CODE = re.compile(r"</?(?:span|a|b|em|u|s|dfn)\b[^>]*>")
_SVG = re.compile(r"(<svg\b.*?</svg>)", re.DOTALL)
_VALUE = r"""(?:"([^"]*)"|([^\s"'<>]+))"""  # with quotes, or without
_ID = re.compile(rf"(<[a-z][^<>]*?\s)id={_VALUE}")
_HREF = re.compile(rf"\shref={_VALUE}")
_PLAYER = re.compile(r'<trace-player record="([^"]+)"')
_TAGS = re.compile(r"<[^>]+>")
# The map of all symbols is to be searched, not read; and the list of the sources leads
# only out of the book.
LEFT_OUT = ("from-the-original", "source")


def names(site: Path, language: str) -> list[str]:
    """The pages of the book that are built, in the order of its navigation."""
    flat: list[str] = []
    for entry in content.navigation():
        flat += next(iter(entry.values())) if isinstance(entry, dict) else [entry]
    stems = [page.removesuffix(".md") for page in flat]
    there = _folder(site, language)
    return [n for n in stems if n not in LEFT_OUT and (there / f"{n}.html").is_file()]


def _folder(site: Path, language: str) -> Path:
    return site if language == "en" else site / language


def combined(site: Path, language: str) -> str:
    """The HTML of the long page; it lies at the site's root for what it loads."""
    book = names(site, language)
    folder = _folder(site, language)
    texts = {name: (folder / f"{name}.html").read_text(encoding="utf-8") for name in book}
    articles = {name: _article(text, name, book) for name, text in texts.items()}
    styles = _STYLE.findall(texts[book[0]])
    links = "".join(
        f'<link rel="stylesheet" href="{(folder / style).resolve().as_uri()}">' for style in styles
    )
    items = "".join(f'<li><a href="#printed-{n}">{_title(articles[n])}</a></li>' for n in book)
    body = "".join(
        f'<section class="printed" id="printed-{name}">{article}</section>'
        for name, article in articles.items()
    )
    title = area_messages("front")["book"][language]
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f"<title>{title}</title>{links}<style>{_PAPER}</style></head>"
        f'<body data-md-color-scheme="default" data-md-color-primary="custom">'
        f'<main class="md-typeset"><h1>{title}</h1>'
        f"<h2>{area_messages('front')['contents'][language]}</h2>"
        f'<ol class="contents">{items}</ol>{body}</main></body></html>'
    )


_PAPER = """
@page { size: A4; margin: 18mm 16mm; }
body { background: #fff; }
main { margin: 0; }
.printed { break-before: page; }
.printed :is(pre, table, svg) { max-width: 100%; }
.printed svg { height: auto; }
.contents { list-style: none; margin: 0; padding: 0; }
"""


def _title(article: str) -> str:
    found = _TITLE.search(article)
    return html.escape(html.unescape(_TAGS.sub("", found[1])).strip()) if found else "–"


def _article(page: str, name: str, book: list[str]) -> str:
    """What a page says, with its ids and links as the long page needs them."""
    found = _ARTICLE.search(page)
    text = _DROPPED.sub("", found[1] if found else "")
    text = _PLAYER.sub(lambda m: f'<trace-player id="trace-{m[1]}" record="{m[1]}"', text)
    text = text.replace("<details", "<details open")
    text = _CODE.sub(lambda m: _IN_CODE.sub("", m[0]), text)
    parts = _SVG.split(text)  # a picture's own ids hold it together
    parts[::2] = [_ID.sub(lambda m: f'{m[1]}id="{name}--{m[2] or m[3]}"', part)
                  for part in parts[::2]]  # fmt: skip
    parts[::2] = [_HREF.sub(lambda m: _link(m[1] or m[2] or "", name, book), part)
                  for part in parts[::2]]  # fmt: skip
    return "".join(parts)


def _link(target: str, name: str, book: list[str]) -> str:
    """The attribute as it is in the long page; nothing when the link would leave it."""
    if target.startswith(("http:", "https:", "mailto:")):
        return f' href="{target}"'
    page, _, anchor = target.partition("#")
    if anchor.startswith("trace="):
        record = html.unescape(anchor).removeprefix("trace=").partition("&")[0]
        anchor = "trace-" + record.partition("+")[0]  # the other run lies in the same figure
    page = page.removesuffix(".html") or name
    if page not in book:
        return ""
    return f' href="#{page}--{anchor}"' if anchor else f' href="#printed-{page}"'
