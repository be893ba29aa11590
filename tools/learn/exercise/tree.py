# SPDX-License-Identifier: Apache-2.0
"""The project's tree with some files replaced: by a learner's, or by a mutant's.

    Tree(root, overlay)     overlay/src/netpoll/mcache/size_class.h stands before
                            root/src/netpoll/mcache/size_class.h; the rest shines through
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

LAYER = re.compile(r"^netpoll_layer\((\w+)((?:[^()])*)\)", re.MULTILINE)


@dataclass
class Tree:
    root: Path
    overlay: Path | None = None
    shown: Path | None = None  # where people know the overlay's files: in messages
    inner: str = ""  # a folder of the tree whose files people know without it
    _digests: dict[str, str] = field(default_factory=dict)

    def path(self, name: str) -> Path:
        """Where the file `name` (from the top of the tree) really lies."""
        if self.overlay is not None and self.replaces(name):
            return self.overlay / name
        return self.root / name

    def replaces(self, name: str) -> bool:
        return self.overlay is not None and (self.overlay / name).is_file()

    def name(self, path: Path) -> str | None:
        """The opposite of path(); None for a file of the system."""
        path = path.resolve()
        for top in (self.overlay, self.root):
            if top and path.is_relative_to(top.resolve()):
                return str(path.relative_to(top.resolve()))
        return None

    def includes(self) -> list[str]:
        tops = [self.overlay, self.root] if self.overlay else [self.root]
        folders = ["src", "tests", *([self.inner] if self.inner else [])]
        return [f"-I{top / folder}" for folder in folders for top in tops]

    def prefixes(self) -> list[str]:
        """Flags for the names of files in a program's own messages; the last one wins."""
        flags = [f"-ffile-prefix-map={self.root}/="]
        if self.overlay and self.shown:
            flags.append(f"-ffile-prefix-map={self.overlay}/={self.shown}/")
            if self.inner:
                flags.append(f"-ffile-prefix-map={self.overlay}/{self.inner}={self.shown}/")
        return flags

    def as_shown(self, said: str) -> str:
        """What a compiler said, with the learner's names of his files."""
        if not (self.overlay and self.shown):
            return said
        for folder in (f"{self.overlay}/{self.inner}", f"{self.overlay}/"):
            said = said.replace(folder, f"{self.shown}/")
        return said

    def digest(self, name: str) -> str:
        """sha256 of a file; a replaced one differs by its place as well, for messages."""
        if name not in self._digests:
            path = self.path(name)
            text = path.read_bytes() if path.is_file() else b"gone"
            place = f"{self.overlay} {self.shown}".encode() if self.replaces(name) else b""
            self._digests[name] = hashlib.sha256(place + b"\0" + text).hexdigest()
        return self._digests[name]

    def sources(self, *folders: str) -> list[str]:
        """The .cpp files of folders of src/netpoll/ and of all that they depend on; of
        every folder where none is named."""
        depends = layers(self.root)
        wanted, rest = [], list(folders or depends)
        while rest:
            name = rest.pop()
            if name not in wanted:
                wanted.append(name)
                rest += depends.get(name, [])
        return [f"src/netpoll/{name}/{f.name}" for name in wanted
                for f in sorted((self.root / "src" / "netpoll" / name).glob("*.cpp"))]  # fmt: skip


def layers(root: Path) -> dict[str, list[str]]:
    """{folder: folders it may include}, as src/CMakeLists.txt says."""
    text = re.sub(r"#[^\n]*", "", (root / "src" / "CMakeLists.txt").read_text("utf-8"))
    found = {}
    for name, words in LAYER.findall(text):
        after = words.split("DEPENDS")[1] if "DEPENDS" in words else ""
        found[name] = after.split("SOURCES")[0].split()
    return found


def write_files(top: Path, files: dict[str, str]) -> None:
    """Puts each text at its place under `top`; each whole or not at all."""
    for name, text in files.items():
        write_file(top / name, text)


def write_file(path: Path, text: str) -> None:
    if path.is_file() and path.read_text("utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:  # a full disk, or Ctrl-C
        os.unlink(temporary)
        raise


# What precompiled.py makes itself.
_PRECOMPILED = ("/prelude.h", "/precompiled.h", ".gch", ".pch")


def included(tree: Tree, depfile: Path) -> list[str]:
    """The project's headers that a compilation read, replaced ones under their real name.
    Removes the compiler's list."""
    words = depfile.read_text("utf-8").replace("\\\n", " ").split()[2:]
    depfile.unlink()
    names = {tree.name(Path(word)) for word in words if not word.endswith(_PRECOMPILED)}
    return sorted(name for name in names if name)


def sha(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def stamp(path: Path) -> str:
    """Of a file that is too large to be read each time."""
    if not path.exists():
        return ""
    status = path.stat()
    return f"{path} {status.st_size} {status.st_mtime_ns}"
