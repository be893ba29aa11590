# SPDX-License-Identifier: Apache-2.0
"""./learn teacher: labs, their packs, a class and its marks.

    class_files     the folder of a class: submissions, grade files, a pack's digest
    class_run       every submission graded once, through kills and restarts
    class_show      the same with a progress bar
"""
