// SPDX-License-Identifier: Apache-2.0
#pragma once

// check(condition, "why"): for our own mistakes that would corrupt memory, so
// it stays in release builds. Everything else of our own is an assert();
// errors of the world are Results.

#include <cstdio>
#include <cstdlib>
#include <source_location>

namespace netpoll {

/// Ends the process with one line on standard error unless `condition`. [any]
inline void check(
    bool condition, const char* why,
    std::source_location where = std::source_location::current()) {
  if (condition) [[likely]] {
    return;
  }
  std::fprintf(stderr, "netpoll: %s:%u: %s\n", where.file_name(),
               static_cast<unsigned>(where.line()), why);
  std::abort();
}

}  // namespace netpoll
