# SPDX-License-Identifier: Apache-2.0
"""Chapter 8's slow_peer asks for EPOLLOUT once for each flush that meets a full socket.

What the demos print is compared in tests/chapters/CMakeLists.txt.
"""

import subprocess

import pytest

from demo_helpers import BIN, build, need_strace


@pytest.fixture(scope="module")
def changes(tmp_path_factory) -> list[str]:
    """The lines of strace in which the program changes what an epoll waits for."""
    build("slow_peer")
    need_strace()
    log = tmp_path_factory.mktemp("strace") / "log"
    subprocess.run(["strace", "-f", "-qq", "-o", log, "-e", "trace=epoll_ctl", BIN / "slow_peer"],
                   check=True, capture_output=True, timeout=60)
    return [line for line in log.read_text().splitlines() if "EPOLL_CTL_MOD" in line]


def test_each_slow_flush_arms_once_and_is_disarmed_once(changes):
    """Two flushes meet a full socket for certain. The last one does not if the peer,
    which reads meanwhile, is as fast as it.
    """
    armed = ["EPOLLOUT" in line for line in changes]
    assert armed in ([True, False] * 2, [True, False] * 3)


def test_the_flush_that_times_out_disarms_on_its_own_thread(changes):
    threads = [line.split()[0] for line in changes]
    assert threads[2] == threads[3]
    assert threads[0] != threads[1]
