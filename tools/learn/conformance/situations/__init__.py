# SPDX-License-Identifier: Apache-2.0
"""All situations of the life-cycle suite, in the order in which they are played."""

from __future__ import annotations

from learn.conformance.situations import (
    client_more,
    clients,
    closing,
    handlers,
    limits,
    peer_ends,
)
from learn.conformance.situations.script import SITUATIONS

__all__ = ["SITUATIONS"]
