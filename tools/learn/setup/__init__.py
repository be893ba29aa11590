# SPDX-License-Identifier: Apache-2.0
"""What a machine needs, whether it is there, and bringing it.

    install.py   python -m learn.setup: the Debian and the npm packages, the Go modules
    debian.py    which Debian packages are wanted and missing; apt
    node.py      node and npm, which come with the Python packages
    stamps.py    which lists are installed as they stand now
    doctor.py    ./learn doctor: each need, and the command that mends it
"""
