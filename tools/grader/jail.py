# SPDX-License-Identifier: Apache-2.0
"""Stands between the grader and a program of a submission.

    grade.py -- a socket --> jail.py --> first --> the program, and all that it starts
      its end closes when     watches    its number is 1 where
      the grader dies         limits     the kernel allows: with it all end

run.py starts this file with an interpreter that loads nothing (-I -S). The plan, one
JSON object, says what is asked for:

    command env cwd channel   what runs; `channel` is a descriptor that it finds as 900
    user group                which it becomes, where the grader is root
    walls                     of "net" "pid" "mount" "user": what the kernel allows here
    show hide writable        folders, where "mount" is allowed; all else can only be read
    room_mb                   of the first writable folder, which is memory then
    seconds cpu memory address_space file processes descriptors threads     limits

Over the socket it says why it ended the program, and with which status. What goes wrong
before the program runs is a fault of ours, and is told apart. walls.py puts up the walls.
"""

import ctypes
import json
import os
import resource
import select
import signal
import socket
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from walls import Setup, raise_loopback, raise_mounts, unshare  # noqa: E402

sys.path.remove(HERE)

PDEATHSIG, NO_NEW_PRIVILEGES, SUBREAPER = 1, 38, 36
CHANNEL = 900
LOOK_S, KILL_S = 0.02, 5.0
PAGE = resource.getpagesize()
LIBC = ctypes.CDLL(None, use_errno=True)


def main():
    plan = json.loads(sys.stdin.buffer.read())
    if not os.path.exists(f"/proc/self/task/{os.getpid()}/children"):
        raise SystemExit("this kernel does not list the children of a process")
    control = socket.socket(fileno=plan["control"])
    LIBC.prctl(SUBREAPER, 1, 0, 0, 0)
    LIBC.prctl(PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    try:  # hundreds of processes that all want to run must not keep us from ending them
        os.setpriority(os.PRIO_PROCESS, 0, usual - 10)
    except OSError:
        pass
    plan["priority"] = usual
    said, say = os.pipe()  # what goes wrong before the program runs; then its status
    if os.fork() == 0:
        os.close(said)
        control.close()
        begin(plan, say)
    os.close(say)
    why, status = watch(plan, control, said)
    end_all()
    try:
        control.sendall(json.dumps({"why": why, "status": status}).encode())
    except OSError:
        pass  # nobody is left to read it


def begin(plan, say):
    """Puts up the walls, then becomes the parent of the program. Never returns."""
    try:
        os.setsid()
        LIBC.prctl(PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        unshare(plan["walls"])
        if "pid" in plan["walls"]:
            outer = os.fork()
            if outer:
                hold(outer, say)
            LIBC.prctl(PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if "net" in plan["walls"]:
            raise_loopback()
        if "mount" in plan["walls"]:
            raise_mounts(plan)
        child = os.fork()
        if child == 0:
            become(plan, say)
        tell(say, f"status {wait_for(child)}")
    except (Setup, OSError) as problem:
        tell(say, f"setup {problem}")
    os._exit(0)


def hold(child, say):
    """The one outside the new numbers; what it waits for has number 1 inside."""
    os.close(say)
    wait_for(child)
    os._exit(0)


def tell(say, text):
    try:
        os.write(say, f"{text}\n".encode("utf-8", "replace"))
    except OSError:
        pass


def wait_for(child):
    """Its status; reaps the orphans that the kernel gives to us."""
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child:
            return os.waitstatus_to_exitcode(status)


def become(plan, say):
    """The program, with its limits, as its user."""
    try:
        os.setsid()
        os.setpriority(os.PRIO_PROCESS, 0, plan["priority"])
        if plan.get("channel") is not None:
            os.dup2(plan["channel"], CHANNEL)
        if plan.get("user") is not None:
            os.setgroups([])
            os.setresgid(*[plan["group"]] * 3)
            os.setresuid(*[plan["user"]] * 3)
        LIBC.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        LIBC.prctl(PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        os.chdir(plan["cwd"])
        limit(plan)
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT,
                       signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        os.set_inheritable(say, False)
        close_others({0, 1, 2, say, CHANNEL if plan.get("channel") is not None else 2})
        os.execvpe(plan["command"][0], plan["command"], plan["env"])
    except (OSError, ValueError) as problem:
        tell(say, f"setup {plan['command'][0]}: {problem}")
    os._exit(127)


def close_others(kept):
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:
                pass  # the listing's own


def limit(plan):
    wanted = {resource.RLIMIT_CORE: 0, resource.RLIMIT_CPU: plan.get("cpu"),
              resource.RLIMIT_AS: plan.get("address_space"),
              resource.RLIMIT_FSIZE: plan.get("file"),
              resource.RLIMIT_NOFILE: plan.get("descriptors"),
              resource.RLIMIT_NPROC: plan.get("threads")}
    for which, most in wanted.items():
        if most is not None:
            hard = resource.getrlimit(which)[1]
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(which, (most, most))


def watch(plan, control, said):
    """Until the program ends, the grader lets go, or a limit is met: (why, status)."""
    deadline = time.monotonic() + plan["seconds"]
    text = b""
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            return "time", None
        ready = select.select([control, said], [], [], min(LOOK_S, left))[0]
        if said in ready:
            more = os.read(said, 4096)
            text += more
            word, _, rest = text.decode("utf-8", "replace").partition(" ")
            if word == "status":
                return "", int(rest)
            if word == "setup":
                return "setup", rest.strip()
            if not more:
                return "killed", None  # our own process there was ended
        if control in ready:  # nothing is ever sent: it was closed
            return "let go", None
        family = descendants(os.getpid(), plan["processes"] + 5)[1:]
        if len(family) > plan["processes"] + 3:
            return "processes", None
        if sum(map(resident, family)) > plan["memory"]:
            return "memory", None


def descendants(top, most=100_000):
    """`top` and all below it, itself first; what has just ended is left out."""
    found: list[int] = []
    waiting = [top]
    while waiting and len(found) < most:
        pid = waiting.pop()
        found.append(pid)
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/children") as file:
                    waiting += map(int, file.read().split())
        except OSError:
            continue
    return found


def resident(pid):
    """Bytes of memory that a process really uses."""
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * PAGE
    except (OSError, ValueError, IndexError):
        return 0


def end_all():
    """Kills what is below us until nothing is left. Orphans of the program are below us."""
    deadline = time.monotonic() + KILL_S
    while time.monotonic() < deadline:
        family = descendants(os.getpid())[1:]
        for pid in family:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        reap()
        if not family:
            return
        time.sleep(0.002)


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


main()
