# SPDX-License-Identifier: Apache-2.0
"""The built site as one file: a zip that opens without a server."""

from __future__ import annotations

import zipfile
from pathlib import Path

from learn import paths
from learn.site import content

NAME = "annotated-netpoll-site"
ZIP = paths.BUILD / f"{NAME}.zip"
_DATE = (1980, 1, 1, 0, 0, 0)  # the same site is the same file


def pack(site: Path = content.SITE, output: Path = ZIP) -> int:
    """Writes the zip; its size in bytes."""
    part = output.with_suffix(".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(path for path in site.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(f"{NAME}/{file.relative_to(site)}", _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, file.read_bytes())
    part.replace(output)
    return output.stat().st_size
