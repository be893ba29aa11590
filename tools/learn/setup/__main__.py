# SPDX-License-Identifier: Apache-2.0
"""python -m learn.setup, which ./learn runs under its lock."""

import sys

from learn.setup.install import main

sys.exit(main())
