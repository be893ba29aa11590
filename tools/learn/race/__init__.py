# SPDX-License-Identifier: Apache-2.0
"""./learn race: the library's echo servers beside those of its peers, in one run.

    servers.py   who races: the command of each, built when it can be
    plan.py      the workloads, and how often each is run
    rounds.py    one server under one workload: a Sample; rounds A B C A B C
    foreign.py   what other processes used meanwhile
    results.py   medians and ratios to the raw epoll loop of the same round
    goals.py     what the library must reach; which goals are met
    show.py      the table in the terminal
    chart.py     the same as a picture, SVG
    growth.py    --growth: how cost grows with connections, bytes, pollers, pipelining
    fairness.py  --fairness: what one bad neighbour costs the others
    trouble.py   that neighbour, a program of its own
    parts.py     --parts: mcache, LinkBuffer and GoPool beside their peers
    keep.py      --keep: a run under benchmarks/measured/, with machine and date
    cli.py       the verb
"""
