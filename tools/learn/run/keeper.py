# SPDX-License-Identifier: Apache-2.0
"""Stands between ./learn and a program that it runs; ends the program when it must.

    ./learn ---------- a socket ---------> keeper.py ---------> the program
       its end closes when ./learn dies,     sees to limits,       and all that
       however it dies, or lets go           reaps orphans         it has started

bounded.py starts this file as a program of its own, with an interpreter that
loads nothing (-I -S): so it imports only what it needs, and nothing of learn.
Standard input and output are the program's. The keeper's exit status is the
program's; over the socket it says why it ended the program, if it did.

The kernel gives orphans to the keeper (PR_SET_CHILD_SUBREAPER), so a process
that the program has started cannot hide from it. If the keeper is killed, the
kernel kills the program (PR_SET_PDEATHSIG), and RLIMIT_CPU stops what is left.
"""

import ctypes
import json
import os
import resource
import select
import signal
import sys
import time

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
LOOK_S = 0.02  # between two looks at the memory
SLOW_S = 1.0  # between two looks when nothing is limited
KILL_S = 5.0  # for what is killed to be gone
PAGE = resource.getpagesize()
LIBC = ctypes.CDLL(None, use_errno=True)
STATUS: dict[int, int] = {}  # of the program, once it was reaped while all was ended
BY_KERNEL = {"cpu": resource.RLIMIT_CPU, "address_space": resource.RLIMIT_AS,
             "file": resource.RLIMIT_FSIZE}


def main() -> None:
    plan = json.loads(sys.argv[1])
    channel = plan["channel"]
    os.set_inheritable(channel, False)
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)  # ./learn gets them too, and then lets go
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    program = start(plan, os.getpid())
    why, status = watch(program, plan, channel, woken)
    end_all(program, plan["group"])
    if status is None:
        status = STATUS.get(program, -signal.SIGKILL)
    report(channel, why, status)
    leave(status)


def start(plan: dict, keeper: int) -> int:
    child = os.fork()
    if child:
        return child
    try:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != keeper:
            os._exit(1)
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT,
                       signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        if plan["group"]:
            os.setsid()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for name, which in BY_KERNEL.items():
            if plan.get(name):
                hard = resource.getrlimit(which)[1]
                most = plan[name] if hard == resource.RLIM_INFINITY else min(plan[name], hard)
                resource.setrlimit(which, (most, most))
        os.execvp(plan["command"][0], plan["command"])
    except OSError as problem:
        print(f"{plan['command'][0]}: {problem.strerror}", file=sys.stderr, flush=True)
    finally:
        os._exit(127)


def watch(program: int, plan: dict, channel: int, woken: int) -> tuple[str, int | None]:
    """Until the program ends, ./learn lets go or a limit is met: (why, exit status)."""
    limited = plan.get("memory") or plan.get("processes")
    deadline = time.monotonic() + plan["seconds"] if plan.get("seconds") else None
    while True:
        if (status := ended(program)) is not None:
            return "", status
        pause = LOOK_S if limited else SLOW_S
        if deadline is not None:
            if (left := deadline - time.monotonic()) <= 0:
                return "time", None
            pause = min(pause, left)
        ready = select.select([channel, woken], [], [], pause)[0]
        if woken in ready:
            os.read(woken, 4096)
        if channel in ready:  # nothing is ever sent: it was closed
            return "let go", None
        if limited:
            family = descendants(os.getpid())[1:]  # orphans hang below the keeper
            if plan.get("processes") and len(family) > plan["processes"]:
                return "processes", None
            if plan.get("memory") and sum(map(resident, family)) > plan["memory"]:
                return "memory", None


def ended(program: int) -> int | None:
    """The program's exit status (-N after signal N), None while it runs; reaps orphans."""
    try:
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == program:
                return os.waitstatus_to_exitcode(status)
            if pid == 0:
                return None
    except ChildProcessError:
        return 127


def descendants(top: int) -> list[int]:
    """`top` and all below it, itself first; what has just ended is left out."""
    found, waiting = [], [top]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/children") as file:
                    waiting += map(int, file.read().split())
        except OSError:
            continue
    return found


def resident(pid: int) -> int:
    """Bytes of memory that a process really uses."""
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * PAGE
    except (OSError, ValueError, IndexError):
        return 0


def end_all(program: int, group: bool) -> None:
    """Kills the program and everything below the keeper, until nothing is left."""
    deadline = time.monotonic() + KILL_S
    while time.monotonic() < deadline:
        if group:
            kill(-program)
        family = descendants(os.getpid())[1:]
        if not family:
            return
        for pid in family:
            kill(pid)
        reap_orphans(program)
        time.sleep(0.002)


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass


def reap_orphans(program: int) -> None:
    try:
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            if found[0] == program:
                STATUS[program] = os.waitstatus_to_exitcode(found[1])
    except ChildProcessError:
        pass


def report(channel: int, why: str, status: int) -> None:
    try:
        os.write(channel, json.dumps({"why": why, "status": status}).encode())
    except OSError:
        pass  # nobody is left to read it


def leave(status: int) -> None:
    """As the program did: by the same signal, or with the same status."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if status < 0:
        signal.signal(-status, signal.SIG_DFL) if -status not in (9, 19) else None
        os.kill(os.getpid(), -status)
        time.sleep(1)
    os._exit(status if status >= 0 else 128 - status)


main()
