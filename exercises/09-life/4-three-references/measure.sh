# SPDX-License-Identifier: Apache-2.0
# The demo prints what is asked for, one value a line.
exec timeout 20 build/release/bin/holders
