# SPDX-License-Identifier: Apache-2.0
"""The server of the site, asked what a stranger would ask: it gives the files of its folder,
to this machine, and nothing else."""

import re
import socket
from urllib.parse import urlsplit

import pytest

from learn.site.serve import server

SECRET = "not for the site"


@pytest.fixture(scope="module")
def top(tmp_path_factory):
    return tmp_path_factory.mktemp("top")


@pytest.fixture(scope="module")
def address(top):
    """A served folder beside a file that is not served."""
    site = top / "site"
    (site / "zh").mkdir(parents=True)
    (site / "assets").mkdir()
    (site / "index.html").write_text("home")
    (site / "zh" / "index.html").write_text("首页")
    (site / "assets" / "a.js").write_text("let a;")
    (site / "inside.html").symlink_to("index.html")
    secret = top / "secret.txt"
    secret.write_text(SECRET)
    (site / "out.txt").symlink_to(secret)
    (site / "above").symlink_to(top)
    with server(site) as told:
        yield told


def ask(address, request):
    """The answer to these bytes: its status (0: none) and all of it."""
    where = urlsplit(address)
    with socket.create_connection((where.hostname, where.port), timeout=20) as client:
        try:
            client.sendall(request)
            client.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: client.recv(65536), b""))
        except (BrokenPipeError, ConnectionResetError):
            answer = b""
    said = re.search(rb"^HTTP/1.0 (\d+)|Error code: (\d+)", answer)
    return int(said[1] or said[2]) if said else 0, answer.decode(errors="replace")


def get(address, path, host="127.0.0.1:8000", method="GET"):
    return ask(address, f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode("latin-1"))


def test_it_listens_on_loopback_alone(address):
    port = urlsplit(address).port
    with open("/proc/net/tcp") as table:
        listening = {row.split()[1] for row in table if row.split()[3] == "0A"}
    assert f"0100007F:{port:04X}" in listening and f"00000000:{port:04X}" not in listening
    with open("/proc/net/tcp6") as table:
        assert not [row for row in table if f":{port:04X} " in row and row.split()[3] == "0A"]


@pytest.mark.parametrize(("path", "text"), [
    ("/", "home"), ("/index.html?a=1#b", "home"), ("/zh/", "首页"), ("/assets/a.js", "let a;"),
    ("/inside.html", "home"), ("/zh/../index.html", "home"), ("/%69ndex.html", "home"),
])  # fmt: skip
def test_the_files_of_the_folder_are_served(address, path, text):
    status, answer = get(address, path)
    assert status == 200 and answer.endswith(text)


OUTSIDE = ["/../secret.txt", "/zh/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt",
           "/%2e%2e%2fsecret.txt", "/..%5csecret.txt", "/....//secret.txt", "//../secret.txt",
           "/%252e%252e/secret.txt", "/.%00./secret.txt", "/out.txt", "/above/secret.txt",
           "/above/site/out.txt", "/%00", "/index.html%00.txt", "/out.txt/", "/{secret}",
           "//{secret}", "/above/", "/above", "/assets/", "/assets", "file://{secret}",
           "http://127.0.0.1{secret}", "/%C0%AE%C0%AE/secret.txt"]  # fmt: skip


@pytest.mark.parametrize("path", OUTSIDE)
def test_nothing_outside_is_served_and_no_folder_is_listed(address, top, capfd, path):
    status, answer = get(address, path.format(secret=top / "secret.txt"))
    assert status in (301, 404), answer
    assert SECRET not in answer and "a.js" not in answer and "secret.txt</a>" not in answer
    assert capfd.readouterr().err == ""  # no traceback


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8000", "LOCALHOST", "[::1]:8000",
                                  "127.0.0.1:1", "site.localhost:8000"])  # fmt: skip
def test_this_machine_is_answered(address, host):
    assert get(address, "/", host)[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example",
                                  "localhost.evil.example", "notlocalhost", "", "a@evil.example",
                                  "[::1"])  # fmt: skip
def test_another_name_that_leads_here_is_refused(address, capfd, host):
    status, answer = get(address, "/", host)
    assert status in (400, 421) and "home" not in answer
    assert capfd.readouterr().err == ""


def test_a_client_without_a_name_is_answered(address):
    assert ask(address, b"GET / HTTP/1.0\r\n\r\n")[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT",
                                    "get", "X" * 1000])  # fmt: skip
def test_it_only_reads(address, top, method):
    status, answer = get(address, "/index.html", method=method)
    assert status == 501 and "home" not in answer.split("\r\n\r\n")[-1]
    assert (top / "site" / "index.html").read_text() == "home"


def test_head_has_no_body(address):
    status, answer = get(address, "/", method="HEAD")
    assert status == 200 and answer.endswith("\r\n\r\n")


@pytest.mark.parametrize("request_", [
    b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nA: " + b"a" * 70_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"A: a\r\n" * 1000 + b"\r\n",
    b"GET / HTTP/9.9\r\n\r\n", b"GET\r\n\r\n", b"\x00\xff\x16\x03\x01\r\n\r\n", b"\r\n\r\n", b"",
], ids=["path", "header", "headers", "version", "short", "tls", "empty", "nothing"])  # fmt: skip
def test_what_is_no_request_is_refused_and_the_next_one_served(address, request_):
    status, _ = ask(address, request_)
    assert status == 0 or 400 <= status < 600
    assert get(address, "/")[0] == 200
