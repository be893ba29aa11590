# SPDX-License-Identifier: Apache-2.0
"""Exercises: holes in the real source, and how a learner's answer is judged.

    model      what stands in exercises/NN-slug/k-name/;   catalogue: reads and checks it
    cut        the learner's file, made from the real one
    objects    compiles each file once for each content, and links
    tests      runs a test program; one verdict for each test, whatever it prints or breaks
    stacks     where a program stood that was ended;   compiler: what it said, cut to what helps
    judge      a tree of sources -> a Verdict;   mutants: known wrong ideas
    sanitizer  what a closer look finds, in one sentence
    explore    measures and compares with the sheet of answers
    workspace  the learner's files and progress
    cli        list start watch run hint reset solution
"""
