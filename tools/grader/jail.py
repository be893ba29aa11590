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
before the program runs is a fault of ours, and is told apart.
"""

import ctypes
import fcntl
import json
import os
import resource
import select
import signal
import socket
import struct
import sys
import time
from pathlib import Path

PDEATHSIG, NO_NEW_PRIVILEGES, SUBREAPER = 1, 38, 36
WALLS = {"user": 0x10000000, "net": 0x40000000, "pid": 0x20000000, "mount": 0x00020000}
IPC = 0x08000000
BIND, REC, PRIVATE, NOSUID, NODEV = 1 << 12, 1 << 14, 1 << 18, 2, 4
MOUNT_SETATTR, READ_ONLY, RECURSIVE, HERE = 442, 1, 0x8000, -100
MASKED = ("/tmp", "/var/tmp", "/dev/shm")
CHANNEL = 900
LOOK_S, KILL_S = 0.02, 5.0
PAGE = resource.getpagesize()
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.syscall.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint,
                         ctypes.c_void_p, ctypes.c_size_t]  # fmt: skip


class Setup(Exception):
    """A wall or a limit that could not be put up."""


def main():
    plan = json.loads(sys.stdin.buffer.read())
    control = socket.socket(fileno=plan["control"])
    LIBC.prctl(SUBREAPER, 1, 0, 0, 0)
    LIBC.prctl(PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    said, say = os.pipe()  # what goes wrong before the program runs; then its status
    if (first := os.fork()) == 0:
        os.close(said)
        control.close()
        begin(plan, say)
    os.close(say)
    why, status = watch(plan, first, control, said)
    end_all(plan, first)
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


def unshare(walls):
    user, group = os.getuid(), os.getgid()
    flags = IPC if walls else 0
    for wall in walls:
        flags |= WALLS[wall]
    if flags and LIBC.unshare(flags):
        raise Setup(f"unshare: {os.strerror(ctypes.get_errno())}")
    if "user" in walls:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"),
                           ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)


def raise_loopback():
    """SIOCGIFFLAGS and SIOCSIFFLAGS of `lo`: a server is judged over 127.0.0.1."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = fcntl.ioctl(any_socket, 0x8913, struct.pack("16sh22x", b"lo", 0))
        flags = struct.unpack("16sh22x", asked)[1]
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh22x", b"lo", flags | 1))


def raise_mounts(plan):
    """The tree can only be read; three folders are empty; what is named is shown, hidden
    or writable."""
    kept = {path: os.open(path, os.O_PATH | os.O_DIRECTORY)
            for path in [*plan["show"], *plan["writable"]]}
    masked = {*MASKED, *filter(None, map(closed_above, kept))}
    mount("none", "/", "", REC | PRIVATE)
    attributes("/", RECURSIVE, READ_ONLY, 0)
    for path in masked:
        if os.path.isdir(path) and not os.path.islink(path):
            mount("tmpfs", path, "tmpfs", NOSUID | NODEV, "size=16m,mode=1777")
    for path, handle in kept.items():
        if path.startswith(tuple(f"{one}/" for one in masked)):
            os.makedirs(path, exist_ok=True)
            mount(f"/proc/self/fd/{handle}", path, "", BIND)
        elif path in plan["writable"]:
            mount(path, path, "", BIND)
    for path in plan["hide"]:
        if os.path.isdir(path):
            mount("tmpfs", path, "tmpfs", NOSUID | NODEV, "size=4k,mode=0555")
        elif os.path.exists(path):
            mount("/dev/null", path, "", BIND)
    for path in plan["writable"]:
        attributes(path, 0, 0, READ_ONLY)
    if plan["writable"] and plan.get("room_mb"):
        user, group = plan.get("user", os.getuid()), plan.get("group", os.getgid())
        mount("tmpfs", plan["writable"][0], "tmpfs", NOSUID | NODEV,
              f"size={plan['room_mb']}m,mode=0700,uid={user},gid={group}")
    for handle in kept.values():
        os.close(handle)
    if "pid" in plan["walls"]:
        mount("proc", "/proc", "proc", NOSUID | NODEV)


def closed_above(path):
    """The highest folder above `path` through which other users may not go."""
    for parent in reversed(Path(path).parents):
        if str(parent) != "/" and not parent.stat().st_mode & 1:
            return str(parent)
    return None


def mount(source, target, kind, flags, options=""):
    done = LIBC.mount(os.fsencode(source), os.fsencode(target), kind.encode() or None,
                      ctypes.c_ulong(flags), options.encode() or None)
    if done:
        raise Setup(f"mount {target}: {os.strerror(ctypes.get_errno())}")


def attributes(path, how, raised, cleared):
    wanted = struct.pack("QQQQ", raised, cleared, 0, 0)
    if LIBC.syscall(MOUNT_SETATTR, HERE, os.fsencode(path), how, wanted, len(wanted)):
        raise Setup(f"mount_setattr {path}: {os.strerror(ctypes.get_errno())}")


def become(plan, say):
    """The program, with its limits, as its user."""
    try:
        os.setsid()
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


def watch(plan, first, control, said):
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
        family = descendants(os.getpid())[1:]
        if len(family) > plan["processes"] + 3:
            return "processes", None
        if sum(map(resident, family)) > plan["memory"]:
            return "memory", None


def descendants(top):
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


def resident(pid):
    """Bytes of memory that a process really uses."""
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * PAGE
    except (OSError, ValueError, IndexError):
        return 0


def end_all(plan, first):
    """Kills what is below us, and every process of the program's user, until none is left."""
    deadline = time.monotonic() + KILL_S
    while time.monotonic() < deadline:
        family = descendants(os.getpid())[1:]
        for pid in family:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        reap()
        if not family and not kill_user(plan):
            return
        time.sleep(0.002)


def kill_user(plan):
    """True while a process of the user is left, which nobody but the program has. Its
    orphans cannot leave us; this is for a kernel that lists no children."""
    user = plan.get("user")
    if user is None or not plan.get("alone"):
        return False
    found = False
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == user:
                os.kill(int(name), signal.SIGKILL)
                found = True
        except OSError:
            continue
    return found


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


main()
