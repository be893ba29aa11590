# SPDX-License-Identifier: Apache-2.0
#
# For demo.sh of a lab: shows a command as one would type it, then runs it.
show() {
  echo "\$ $*"
  "$@"
  echo
}
