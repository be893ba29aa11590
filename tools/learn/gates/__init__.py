# SPDX-License-Identifier: Apache-2.0
"""One module a gate; each has run(options) -> GateResult."""
