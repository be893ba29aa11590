# SPDX-License-Identifier: Apache-2.0
"""Links into the API reference, by symbol, through Doxygen's tagfile."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree


class UnknownApi(Exception):
    """A name that the reference does not have; carries names that are near."""

    def __init__(self, name: str, candidates: list[str]) -> None:
        self.candidates = candidates
        super().__init__(f"{name} is not in the API reference")


class ApiLinks:
    """Qualified name -> "classnetpoll_1_1Waker.html#a12…", relative to api/."""

    def __init__(self, tagfile: Path) -> None:
        self.pages: dict[str, str] = {}
        for compound in ElementTree.parse(tagfile).getroot().iter("compound"):
            self._read(compound)

    def _read(self, compound: ElementTree.Element) -> None:
        kind = compound.get("kind")
        name = compound.findtext("name", "")
        if kind in ("class", "struct", "namespace", "concept", "union"):
            filename = compound.findtext("filename", "")
            page = filename if filename.endswith(".html") else f"{filename}.html"
            self.pages.setdefault(name, page)
        if kind in ("file", "dir", "page"):
            return
        for member in compound.findall("member"):
            full = f"{name}::{member.findtext('name', '')}"
            anchor = f"{member.findtext('anchorfile', '')}#{member.findtext('anchor', '')}"
            self.pages.setdefault(full, anchor)  # the first of several overloads

    def find(self, name: str) -> str:
        """The page of the symbol whose qualified name ends in `name`."""
        exact = f"netpoll::{name.removeprefix('netpoll::')}"
        if exact in self.pages:
            return self.pages[exact]
        hits = [full for full in self.pages if full.endswith(f"::{name}")]
        if len(hits) == 1:
            return self.pages[hits[0]]
        last = name.rsplit("::", 1)[-1].lower()
        near = hits or [full for full in self.pages if last in full.lower()]
        raise UnknownApi(name, sorted(near)[:5])
