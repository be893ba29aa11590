# SPDX-License-Identifier: Apache-2.0
"""A foreign client: asyncio, which knows nothing of the library under test.

Connections send messages of random sizes in random fragments; half of the
connections read slowly. Every byte that comes back is compared, in order.
"""

import asyncio
import hashlib
import random
from dataclasses import dataclass, field

CHUNK = 64 * 1024


@dataclass
class Load:
    """What to send. All of it follows from the seed, so a failure can be had again."""

    connections: int = 300
    messages: int = 4
    size_max: int = 1 << 20
    seed: int = 1
    slow_share: float = 0.5
    timeout_s: float = 240.0
    failures: list[str] = field(default_factory=list)
    echoed_bytes: int = 0


async def open_to(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """`address` as echo_server prints it: HOST:PORT, or the path of a unix socket."""
    if address.startswith("/"):
        return await asyncio.open_unix_connection(address, limit=CHUNK)
    host, port = address.rsplit(":", 1)
    return await asyncio.open_connection(host.strip("[]"), int(port), limit=CHUNK)


def sizes(rng: random.Random, load: Load) -> list[int]:
    """From 1 byte to size_max, every order of magnitude as likely as the others."""
    edge = [1, load.size_max]
    drawn = [int(2 ** rng.uniform(0, load.size_max.bit_length() - 1))
             for _ in range(load.messages)]
    return [rng.choice(edge) if rng.random() < 0.05 else size for size in drawn]


async def send(rng: random.Random, writer: asyncio.StreamWriter, messages: list[bytes]) -> None:
    """Random fragments, with a pause after some of them."""
    for message in messages:
        at = 0
        while at < len(message):
            size = rng.randint(1, max(1, len(message) // 3))
            writer.write(message[at:at + size])
            await writer.drain()
            at += size
            if rng.random() < 0.2:
                await asyncio.sleep(rng.random() * 0.01)


async def receive(rng: random.Random, reader: asyncio.StreamReader, total: int,
                  slow: bool) -> str:
    """Reads `total` bytes; returns their digest."""
    digest = hashlib.sha256()
    while total > 0:
        piece = await reader.read(min(total, rng.randint(1, CHUNK)))
        if not piece:
            raise ConnectionError(f"end of file, {total} bytes early")
        digest.update(piece)
        total -= len(piece)
        if slow and rng.random() < 0.3:
            await asyncio.sleep(rng.random() * 0.02)
    return digest.hexdigest()


async def talk(number: int, address: str, load: Load) -> None:
    """One connection: sends all, reads all at the same time, compares, closes."""
    rng = random.Random(f"{load.seed}/{number}")
    messages = [rng.randbytes(size) for size in sizes(rng, load)]
    total = sum(map(len, messages))
    slow = number < load.connections * load.slow_share
    reader, writer = await open_to(address)
    try:
        _, got = await asyncio.gather(
            send(random.Random(rng.random()), writer, messages),
            receive(random.Random(rng.random()), reader, total, slow))
        if got != hashlib.sha256(b"".join(messages)).hexdigest():
            raise ValueError("other bytes came back")
        load.echoed_bytes += total
    finally:
        writer.close()


async def talk_or_note(number: int, address: str, load: Load) -> None:
    """A failure of one connection is noted, with its number, and stops no other."""
    try:
        await talk(number, address, load)
    except (OSError, ValueError) as error:
        load.failures.append(f"connection {number}, seed {load.seed}: {error!r}")


async def run(address: str, load: Load) -> Load:
    """All connections at once, against `address`, within the time limit."""
    jobs = [talk_or_note(i, address, load) for i in range(load.connections)]
    await asyncio.wait_for(asyncio.gather(*jobs), load.timeout_s)
    return load
