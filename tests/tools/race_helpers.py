# SPDX-License-Identifier: Apache-2.0
"""Samples and rounds without servers, for the tests of the race."""

import contextlib
import os

from learn.race import foreign, rounds
from learn.race.plan import Workload
from learn.race.rounds import Sample
from learn.race.servers import Field, Server

SMALL = Workload(64, 64)


def sample(cpu_us, requests=1000, seconds=1.0, others=0.0):
    return Sample(requests, requests, seconds, cpu_us * requests, 1.0, 10.0, 20.0, 30.0, others)


def field(*names):
    return Field("race_load", [Server(name, (name,)) for name in names], [])


@contextlib.contextmanager
def up(server, _workload):
    """In place of rounds.serving."""
    yield server.name, os.getpid()


def faked(monkeypatch, load, others=lambda: 0.0):
    """Rounds without servers; `load` gets a server and answers with its sample."""
    monkeypatch.setattr(rounds, "serving", up)
    monkeypatch.setattr(rounds, "load", lambda _load, server, *_: load(server))
    monkeypatch.setattr(foreign.Watch, "cores", lambda _: others())
