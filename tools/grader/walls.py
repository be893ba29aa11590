# SPDX-License-Identifier: Apache-2.0
"""The kernel's walls around a program: name spaces for network, processes and files.

jail.py imports this file by its name alone, so it imports nothing of the grader.
"""

import ctypes
import fcntl
import os
import socket
import struct
from pathlib import Path

WALLS = {"user": 0x10000000, "net": 0x40000000, "pid": 0x20000000, "mount": 0x00020000}
IPC = 0x08000000
BIND, REC, PRIVATE, NOSUID, NODEV = 1 << 12, 1 << 14, 1 << 18, 2, 4
MOUNT_SETATTR, READ_ONLY, RECURSIVE, HERE = 442, 1, 0x8000, -100
MASKED = ("/tmp", "/var/tmp", "/dev/shm")
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.syscall.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint,
                         ctypes.c_void_p, ctypes.c_size_t]  # fmt: skip


class Setup(Exception):
    """A wall or a limit that could not be put up."""


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
