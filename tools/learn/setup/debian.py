# SPDX-License-Identifier: Apache-2.0
"""The Debian packages: which are wanted, which are missing, how apt brings them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tomllib

from learn import say
from learn.paths import DEBIAN_TOML
from learn.run import progress
from learn.setup import stamps


class CannotInstall(Exception):
    """One line: what is missing and the command that brings it."""


def wanted() -> dict[str, str]:
    """Each package, with the reason in the person's language."""
    table = tomllib.loads(DEBIAN_TOML.read_text())
    return {name: reasons[say.language()] for name, reasons in table.items()
            if reasons.get("learner") or not stamps.for_learner()}  # fmt: skip


def installed() -> set[str]:
    listing = subprocess.run(
        ["dpkg-query", "-W", "-f=${db:Status-Status} ${Package}\n"],
        capture_output=True, text=True, check=True,
    ).stdout
    states = (line.split(" ", 1) for line in listing.splitlines())
    return {package for state, package in states if state == "installed"}


def missing() -> list[str]:
    return sorted(set(wanted()) - installed())


def install_command(packages: list[str]) -> str:
    """What a person types."""
    sudo = "" if os.geteuid() == 0 else "sudo "
    names = shlex.join(packages)
    return f"{sudo}apt-get update && {sudo}apt-get install -y --no-install-recommends {names}"


def install(packages: list[str]) -> None:
    """Installs with one bar for all of it; raises CannotInstall."""
    if _apt(say.say("setup.apt_update"), ["update"]) != 0:
        raise CannotInstall(say.say("setup.no_network", log="build/logs/apt.log"))
    title = say.say("setup.apt_install", count=len(packages))
    if _apt(title, ["install", "-y", "--no-install-recommends", *packages]) != 0:
        raise CannotInstall(say.say("setup.apt_failed", command=install_command(packages)))


def _apt(title: str, arguments: list[str]) -> int:
    root = [] if os.geteuid() == 0 else ["sudo"]
    return progress.run(
        title,
        [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get",
         "-o", "APT::Status-Fd=1", *arguments],
        "apt.log", read=_status, append=arguments[0] != "update", kept=False,
    )


# dlstatus:3:41.5:Retrieving …  then  pmstatus:gdb:62.1:Unpacking gdb
_STATUS = re.compile(r"^(dl|pm)status:[^:]*:([\d.]+):(.*)")


def _status(line: str) -> progress.Reading | None:
    match = _STATUS.match(line)
    if not match:
        return None
    half = 0 if match[1] == "dl" else 100
    return half + float(match[2]), 200, match[3]
