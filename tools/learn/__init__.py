# SPDX-License-Identifier: Apache-2.0
"""The tools behind ./learn; README.md says what to read first."""
