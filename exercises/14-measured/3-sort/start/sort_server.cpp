// SPDX-License-Identifier: Apache-2.0
#include "sort_server.h"

#include "sort_numbers.h"

void sort_request(netpoll::Connection& conn) {
  // Is there a count? Are its numbers there? Then answer; else wait for more.
  static_cast<void>(conn);
}
