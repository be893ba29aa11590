# SPDX-License-Identifier: Apache-2.0
"""The mutation score: one line of src/ is made wrong, and a test must notice.

    operators   what may be made of a line, each with a name
    draw        the code lines of src/, in the order of a seed; one mutant a line
    bench       the library as shared libraries with its tests, built once for each kind of judge
    patch       what a changed file makes anew: its objects, its layers, a test program
    running     a test program, to its first failure or until it stands still
    judge       a mutant -> a Verdict
    sample      many mutants, some at once; what is known of them is in build/mutants/
    equivalent  tests/mutants/equivalent.toml: the mutants that nobody can tell from the original
"""
