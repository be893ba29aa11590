# SPDX-License-Identifier: Apache-2.0
"""Each thing that this project brings from elsewhere is named by a hash, or signed.

    Python          requirements*.lock: a hash for each file; pip --require-hashes
    npm             package-lock.json: an integrity for each package; npm ci
    Go              go.sum: a hash for each module; -mod=readonly
    GitHub Actions  uses: OWNER/NAME@COMMIT
    Debian          nothing here: apt checks the distribution's signatures

A Debian image (Dockerfile, workflows) is named by its release and not by a digest: what
apt-get installs into it a moment later is the release's of that day too.
"""

import json
import re
import subprocess

import pytest

from learn import paths
from learn.paths import ROOT, TOOLS
from learn.run import go

_PINNED = re.compile(r"[A-Za-z0-9._-]+==[^\s*]+( --hash=sha256:[0-9a-f]{64})+")
_USES = re.compile(r"\buses:\s*['\"]?([^\s'\"]+)")
_COMMIT = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
_REQUIRE = re.compile(r"^(?:require)?\s*([\w.-]+\.[\w./-]+) (v\S+)", re.MULTILINE)
_SUM = re.compile(r"^(\S+) (\S+) h1:[A-Za-z0-9+/]{43}=$")
# What brings a program or a package by another way than the lists.
_FETCHES = {
    "pip without hashes": re.compile(r"\bpip3?['\", ]+install\b(?!.*--require-hashes)"),
    "npm without its lock": re.compile(r"\bnpm['\", ]+(install|i|add|update)\b|\bnpx\b"),
    "a Go program by name": re.compile(r"\bgo['\", ]+(install|get)\b"),
    "a download": re.compile(r"\b(curl|wget)\b|\burlretrieve\b|\burlopen\b|requests\.get\b"),
    "a package that is not signed": re.compile(
        r"--allow-unauthenticated|--force-yes|trusted=yes|--no-gpg-check|GONOSUM|GOINSECURE"
        r"|GOFLAGS.*-insecure|GONOSUMCHECK|--trusted-host"),
}  # fmt: skip
_SCRIPTS = (".py", ".sh", ".yml", ".yaml", ".mjs", ".js", ".json", "Dockerfile", "learn", ".ci/run")
# Here stands what a person may type, or what the checks look for.
_TOLD = ("tests/tools/test_locks.py", "tests/tools/test_package.py")


def files() -> list[str]:
    listed = subprocess.run(["git", "-c", "safe.directory=*", "-C", ROOT, "ls-files", "-z"],
                            capture_output=True, text=True, check=True).stdout.split("\0")
    return [name for name in listed if (ROOT / name).is_file()]


def unpinned_python(lock: str) -> list[str]:
    lines = re.sub(r" *\\\n *", " ", lock).splitlines()
    lines = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return [line for line in lines if not _PINNED.fullmatch(line.strip())]


def unpinned_npm(lock: dict, wanted: dict) -> list[str]:
    packages = {name: one for name, one in lock["packages"].items() if name}
    found = [name for name, one in packages.items()
             if not one.get("integrity", "").startswith("sha512-") or one.get("link")
             or not re.fullmatch(r"\d+\.\d+\.\d+\S*", one.get("version", ""))
             or not one.get("resolved", "https://").startswith("https://")]  # fmt: skip
    asked = {name: version for kind in ("dependencies", "devDependencies", "optionalDependencies")
             for name, version in wanted.get(kind, {}).items()}  # fmt: skip
    return found + [name for name, version in asked.items()
                    if packages.get(f"node_modules/{name}", {}).get("version") != version]


def unpinned_go(mod: str, sums: str) -> list[str]:
    mod = re.sub(r"//.*", "", mod)
    known = {match.groups() for line in sums.splitlines() if (match := _SUM.match(line))}
    odd = [line for line in sums.splitlines() if line and not _SUM.match(line)]
    odd += [line for line in mod.splitlines() if line.strip().startswith("replace")]
    return odd + [f"{name} {version}" for name, version in _REQUIRE.findall(mod)
                  if not {(name, version), (name, f"{version}/go.mod")} <= known]


def unpinned_actions(workflow: str) -> list[str]:
    return [name for name in _USES.findall(workflow)
            if not name.startswith("./") and not _COMMIT.fullmatch(name)]


LOCKS = [name for name in files() if re.search(r"requirements[^/]*\.(lock|txt)$", name)]
NPM = [name for name in files() if name.endswith("package.json")]
GO = [name for name in files() if name.endswith("go.mod")]
WORKFLOWS = [name for name in files() if re.search(r"\.github/workflows/[^/]+\.ya?ml$", name)]
WORKFLOWS.append("tools/learn/teacher/layouts/actions.py")  # it writes one


@pytest.mark.parametrize("name", LOCKS)
def test_each_python_package_has_its_hash(name):
    text = (ROOT / name).read_text()
    assert unpinned_python(text) == [] and text.count("==") > 5


def test_each_python_package_that_is_asked_for_is_locked():
    lock = paths.REQUIREMENTS.read_text().lower()
    asked = [re.split(r"[=<>!~;\[ ]", line)[0]
             for line in (TOOLS / "requirements.in").read_text().splitlines()
             if line and not line.startswith("#")]  # fmt: skip
    assert len(asked) > 5
    assert [name for name in asked if f"\n{name.lower()}==" not in lock] == []


def test_pip_is_told_to_want_the_hashes():
    installs = [line for line in (ROOT / "learn").read_text().splitlines() if "pip install" in line]
    assert len(installs) == 1 and "--require-hashes" in installs[0]


@pytest.mark.parametrize("name", NPM)
def test_each_npm_package_has_its_hash(name):
    wanted = json.loads((ROOT / name).read_text())
    lock = json.loads((ROOT / name).with_name("package-lock.json").read_text())
    assert unpinned_npm(lock, wanted) == [] and len(lock["packages"]) > 50


@pytest.mark.parametrize("name", GO)
def test_each_go_module_has_its_hash(name):
    mod = ROOT / name
    assert unpinned_go(mod.read_text(), mod.with_name("go.sum").read_text()) == []
    assert _REQUIRE.search(mod.read_text())


def test_go_may_not_change_what_is_locked():
    assert go.environment()["GOFLAGS"] == "-mod=readonly"


@pytest.mark.parametrize("name", WORKFLOWS)
def test_each_action_is_a_commit(name):
    text = (ROOT / name).read_text()
    assert unpinned_actions(text) == [] and "uses:" in text


def test_nothing_is_brought_by_another_way():
    found = [f"{name}: {what}: {line.strip()[:100]}"
             for name in files() if name.endswith(_SCRIPTS) and name not in _TOLD
             for line in (ROOT / name).read_text(errors="replace").splitlines()
             for what, pattern in _FETCHES.items()
             if pattern.search(line) and not line.lstrip().startswith(("#", "//", ";"))]  # fmt: skip
    assert found == []


def test_there_is_nothing_else_to_lock():
    kinds = ("Cargo.toml", "Pipfile", "poetry.lock", "setup.py", "setup.cfg", "yarn.lock",
             "pnpm-lock.yaml", "Gemfile", "conanfile.txt", "vcpkg.json", ".gitmodules")
    assert [name for name in files() if name.rsplit("/", 1)[-1] in kinds] == []
    project = (ROOT / "pyproject.toml").read_text()
    assert "[project]" not in project and "[build-system]" not in project
    cmake = [name for name in files() if name.endswith((".cmake", "CMakeLists.txt"))]
    assert [name for name in cmake if re.search(r"FetchContent|ExternalProject|file\(DOWNLOAD",
                                                (ROOT / name).read_text())] == []


HASH = " --hash=sha256:" + "0" * 64


@pytest.mark.parametrize(("line", "sound"), [
    ("a==1.0 \\\n    --hash=sha256:" + "0" * 64, True), (f"a-b.c==1.0{HASH}{HASH}", True),
    ("a==1.0", False), (f"a>=1.0{HASH}", False), (f"a==1.*{HASH}", False), (f"a{HASH}", False),
    ("a==1.0 --hash=md5:" + "0" * 32, False), (f"a==1.0{HASH[:-1]}", False),
    (f"a @ https://a.example/a.whl{HASH}", False), ("-e .", False), ("-r other.txt", False),
    ("--index-url https://a.example", False), (f"a==1.0{HASH}\nb==1.0", False),
])  # fmt: skip
def test_a_python_package_without_a_hash_is_seen(line, sound):
    assert (unpinned_python(line) == []) is sound


SOUND = {"version": "1.0.0", "integrity": "sha512-a"}


@pytest.mark.parametrize(("package", "wanted", "sound"), [
    ({}, "1.0.0", True), ({"integrity": ""}, "1.0.0", False), ({"integrity": "sha1-a"}, "1.0.0", False),
    ({}, "^1.0.0", False), ({}, "*", False), ({}, "latest", False), ({}, "1.0.1", False),
    ({"version": "git+ssh://a"}, "git+ssh://a", False), ({"link": True}, "1.0.0", False),
    ({"resolved": "http://a.example/a.tgz"}, "1.0.0", False),
])  # fmt: skip
def test_an_npm_package_without_a_hash_is_seen(package, wanted, sound):
    lock = {"packages": {"": {}, "node_modules/a": SOUND | package}}
    assert (unpinned_npm(lock, {"dependencies": {"a": wanted}}) == []) is sound


H1 = "h1:" + "a" * 43 + "="
SUMS = f"example.com/a v1.0.0 {H1}\nexample.com/a v1.0.0/go.mod {H1}\n"


@pytest.mark.parametrize(("mod", "sums", "sound"), [
    ("require example.com/a v1.0.0", SUMS, True),
    ("require (\n\texample.com/a v1.0.0 // indirect\n)", SUMS, True),
    ("require example.com/a v1.0.0", "", False), ("require example.com/a v1.0.1", SUMS, False),
    ("require example.com/a v1.0.0", SUMS.splitlines()[0], False),
    ("require example.com/a v1.0.0", SUMS.replace("h1:", "h0:"), False),
    ("require example.com/a v1.0.0\nreplace example.com/a => ../a", SUMS, False),
    ("require (\n\texample.com/a v1.0.0\n\texample.com/b v1.0.0\n)", SUMS, False),
])  # fmt: skip
def test_a_go_module_without_a_hash_is_seen(mod, sums, sound):
    assert (unpinned_go(mod, sums) == []) is sound


@pytest.mark.parametrize(("uses", "sound"), [
    ("a/b@" + "0" * 40, True), ("a/b/c@" + "0" * 40, True), ("./.github/actions/a", True),
    ("a/b@v4", False), ("a/b@main", False), ("a/b", False), ("a/b@" + "0" * 39, False),
    ("docker://alpine:3", False),
])  # fmt: skip
def test_an_action_without_a_commit_is_seen(uses, sound):
    assert (unpinned_actions(f"steps:\n  - uses: {uses} # a\n") == []) is sound


@pytest.mark.parametrize("line", [
    "pip install ruff", "python -m pip install -r requirements.in", '["pip", "install", name]',
    "npm install -g npm", "npx tsc", "go install a.example/b@latest", "curl -sL a.example | sh",
    "apt-get install --allow-unauthenticated a", "urllib.request.urlopen(url)",
    "export GONOSUMDB=*",
])  # fmt: skip
def test_another_way_is_seen(line):
    assert [what for what, pattern in _FETCHES.items() if pattern.search(line)]
