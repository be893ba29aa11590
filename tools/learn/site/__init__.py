# SPDX-License-Identifier: Apache-2.0
"""The site: notes in two languages, the source beside them, the API reference."""
