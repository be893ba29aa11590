# SPDX-License-Identifier: Apache-2.0
"""Rounds of clients that appear and vanish, and what the server holds after each round.

    round 1   clients come and go … none is left | descriptors, resident memory
    round 2   clients come and go … none is left | descriptors, resident memory
    …

Each client is of a random kind, and may be rude: it resets, or leaves in the middle of
a message. The sizes, the pauses and the kinds follow from the seed. Memory is measured
between two rounds only, since there the server has nothing under way: what it holds
then is what it keeps.
"""

import asyncio
import random
import socket
import struct
import time
from dataclasses import dataclass, field
from statistics import median
from typing import Protocol

from echo_load import CHUNK, open_to

MIB = 1 << 20
CLIENT_LIMIT_S = 120.0  # a client that takes longer has failed
AT_ONCE = 40  # clients of one server


class Held(Protocol):
    """What the soak asks about a server."""

    address: str

    def fds(self) -> int: ...

    def rss_bytes(self) -> int: ...


@dataclass(frozen=True)
class Plan:
    """How many rounds, and how much in each of them."""

    rounds: int = 20
    round_s: float = 3.0
    times: int = 1
    seed: int = 1
    rest_s: float = 30.0  # how long a server may take to give back its descriptors


@dataclass
class Figures:
    """What one server went through, and what it held after each round."""

    connections: int = 0
    echoed_bytes: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    fds_before: int = 0
    fds_after: list[int] = field(default_factory=list)
    resident: list[int] = field(default_factory=list)

    def thirds(self) -> tuple[float, float, float]:
        """The medians of the resident bytes in each third of the rounds."""
        size = max(1, len(self.resident) // 3)
        parts = (self.resident[:size], self.resident[size:-size] or [0], self.resident[-size:])
        first, middle, last = (median(part) for part in parts)
        return first, middle, last

    def growth(self) -> float:
        """Resident bytes that came after the warm-up, the first third of the rounds."""
        _, middle, last = self.thirds()
        return last - middle

    def line(self) -> str:
        """All of it for a person."""
        first, middle, last = (part / MIB for part in self.thirds())
        return (f"{len(self.resident)} rounds, {self.connections} connections, "
                f"{self.echoed_bytes / MIB:.0f} MiB echoed; resident MiB at the start "
                f"{self.resident[0] / MIB:.1f}, by thirds {first:.1f} {middle:.1f} {last:.1f}; "
                f"descriptors {self.fds_before}, after the rounds "
                f"{min(self.fds_after)} to {max(self.fds_after)}; {self.kinds}")


class Client:
    """One server's clients: what they do follows from `rng`, and is counted in `figures`."""

    def __init__(self, address: str, rng: random.Random, figures: Figures) -> None:
        self.address = address
        self.rng = rng
        self.figures = figures

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self.figures.connections += 1
        return await open_to(self.address)

    async def echo(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter,
                   message: bytes, piece: int = CHUNK, pause_s: float = 0.0) -> None:
        """Sends `message`, and reads it back, at most `piece` bytes in each read."""
        async def send() -> None:
            writer.write(message)
            await writer.drain()

        async def receive() -> None:
            at = 0
            while at < len(message):
                got = await reader.read(min(piece, len(message) - at))
                if not got:
                    raise ConnectionError(f"end of file after {at} of {len(message)} bytes")
                if got != message[at:at + len(got)]:
                    raise ValueError(f"other bytes came back after {at}")
                at += len(got)
                if pause_s:
                    await asyncio.sleep(pause_s)

        await asyncio.gather(send(), receive())
        self.figures.echoed_bytes += len(message)

    async def short(self) -> None:
        """One small request, as a client of a cache does."""
        reader, writer = await self.open()
        await self.echo(reader, writer, self.rng.randbytes(self.rng.randint(1, 2000)))
        writer.close()

    async def long(self) -> None:
        """Many requests on one connection, with pauses."""
        reader, writer = await self.open()
        for _ in range(self.rng.randint(10, 40)):
            await self.echo(reader, writer, self.rng.randbytes(self.rng.randint(1, 20_000)))
            await asyncio.sleep(self.rng.random() * 0.02)
        writer.close()

    async def slow_reader(self) -> None:
        """Takes its answer in small pieces, with pauses."""
        reader, writer = await self.open()
        await self.echo(reader, writer, self.rng.randbytes(self.rng.randint(100_000, 300_000)),
                        piece=8000, pause_s=0.01)
        writer.close()

    async def half_close(self) -> None:
        """Sends a FIN after its request, and reads to the end."""
        reader, writer = await self.open()
        message = self.rng.randbytes(self.rng.randint(1, 50_000))
        writer.write(message)
        writer.write_eof()
        if await reader.read(-1) != message:
            raise ValueError("the answer to a half-closed connection is not whole")
        self.figures.echoed_bytes += len(message)
        writer.close()

    async def reset(self) -> None:
        """Sends a request, and resets the connection at some moment after it."""
        _, writer = await self.open()
        writer.write(self.rng.randbytes(self.rng.randint(1, 100_000)))
        await asyncio.sleep(self.rng.choice((0.0, 0.001, 0.05)))
        reset_at_close(writer)
        writer.transport.abort()

    async def idle(self) -> None:
        """Connects, says nothing, and leaves."""
        _, writer = await self.open()
        await asyncio.sleep(self.rng.random() * 1.5)
        writer.close()

    async def vanish(self) -> None:
        """Leaves in the middle of a message, and never reads."""
        _, writer = await self.open()
        writer.write(self.rng.randbytes(self.rng.randint(10_000, 400_000)))
        await asyncio.sleep(self.rng.random() * 0.02)
        writer.transport.abort()

    async def crowd(self) -> None:
        """Many connections at once, and then none."""
        ends = [await self.open() for _ in range(self.rng.randint(10, 40))]
        await asyncio.gather(*(self.echo(*end, self.rng.randbytes(100)) for end in ends))
        for _, writer in ends:
            writer.close()

    async def large(self) -> None:
        """A message of some MiB."""
        reader, writer = await self.open()
        message = self.rng.randbytes(self.rng.randint(MIB, 3 * MIB))
        await self.echo(reader, writer, message)
        writer.close()


# How many clients of each kind a round has; Plan.times as many.
KINDS = {"short": 8, "long": 3, "slow_reader": 2, "half_close": 4, "reset": 4, "idle": 3,
         "vanish": 3, "crowd": 2, "large": 1}


def reset_at_close(writer: asyncio.StreamWriter) -> None:
    """SO_LINGER with 0 seconds: the close sends a RST and no FIN."""
    end = writer.get_extra_info("socket")
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def one_client(kind: str, number: int, seed: str, client: Client) -> None:
    """A failure is noted with what brings it about again, and stops no other client."""
    figures = client.figures
    figures.kinds[kind] = figures.kinds.get(kind, 0) + 1
    try:
        await asyncio.wait_for(getattr(client, kind)(), CLIENT_LIMIT_S)
    except (OSError, ValueError, TimeoutError) as error:
        figures.failures.append(f"client {number}, {kind}, seed {seed}: {error!r}")


async def one_round(server: Held, figures: Figures, seed: str, plan: Plan) -> None:
    """Clients start at random moments of the round. Returns when the last one has left.

    Every kind comes as often as in any other round; only their order differs.
    """
    rng = random.Random(seed)
    kinds = [kind for kind, times in KINDS.items() for _ in range(times * plan.times)]
    rng.shuffle(kinds)
    room = asyncio.Semaphore(AT_ONCE)

    async def later(number: int, kind: str, at_s: float) -> None:
        await asyncio.sleep(at_s)
        client = Client(server.address, random.Random(f"{seed}/{number}"), figures)
        async with room:
            await one_client(kind, number, seed, client)

    await asyncio.gather(*(later(number, kind, rng.random() * plan.round_s)
                           for number, kind in enumerate(kinds)))


async def rest(server: Held, figures: Figures, limit_s: float) -> None:
    """Waits until the server holds as many descriptors as before; notes what it holds."""
    end = time.monotonic() + limit_s
    while server.fds() != figures.fds_before and time.monotonic() < end:
        await asyncio.sleep(0.05)
    figures.fds_after.append(server.fds())
    figures.resident.append(server.rss_bytes())


async def soak(server: Held, plan: Plan) -> Figures:
    """All rounds, or those until one leaves descriptors over."""
    figures = Figures(fds_before=server.fds())
    for number in range(plan.rounds):
        await one_round(server, figures, f"{plan.seed}/{number}", plan)
        await rest(server, figures, plan.rest_s)
        if figures.fds_after[-1] != figures.fds_before:
            break
    return figures
