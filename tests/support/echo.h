// SPDX-License-Identifier: Apache-2.0
#pragma once

// The handler that most tests of a whole connection use.

#include "netpoll/connection/connection.h"

namespace netpoll::test {

/// Sends back all that has arrived. A failed flush() is ignored: the
/// connection is closed then, and the test sees that. [worker]
inline void echo(Connection& conn) {
  const auto bytes = conn.reader().next(conn.reader().size());
  conn.writer().write_binary(*bytes);
  static_cast<void>(conn.writer().flush());
  conn.reader().release();
}

}  // namespace netpoll::test
