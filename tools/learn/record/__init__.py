# SPDX-License-Identifier: Apache-2.0
"""The recorder: a real run, stopped at named functions, as a trace that never varies.

    story.py        what a scenario is made of: lanes, stops, what the peer does
    scenario.py     diagrams/scenarios/<id>.toml, read and checked
    session.py      one run: gdb, the program, the scripted peer (peer.py)
    gdb_events.py   inside gdb: each stop as one line of JSON (gdb_syscalls, gdb_values)
    branch.py       a scenario that differs a little from another: what if, alone
    canon.py        raw events in the one order that every run shares
    arrows.py       the messages between the lanes, which keep that order
    connections.py  which connection an event is about
    trace.py        diagrams/traces/<id>.json: built, written, compared
    mermaid.py      the trace as Mermaid text; diagrams.py as SVG
    sequence.py     a trace as lines of the terminal
    cli.py          ./learn record; show.py: ./learn trace
"""
