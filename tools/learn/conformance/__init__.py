# SPDX-License-Identifier: Apache-2.0
"""The library beside the original: the same input to both, answers compared."""
