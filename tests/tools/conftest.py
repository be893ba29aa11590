# SPDX-License-Identifier: Apache-2.0
"""Finds `learn` also for a pytest that was started by hand, without PYTHONPATH."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
