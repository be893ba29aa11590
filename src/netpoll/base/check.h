// SPDX-License-Identifier: Apache-2.0
#pragma once

// Three kinds of errors, three ways to report them:
//
//    check(condition, "why")   a mistake in a program that would corrupt memory
//                              or hang for ever; release builds check it too
//    assert(condition)         any other mistake of the library's own code
//    Result, std::error_code   what the world does: a peer, the kernel, a file

#include <cstdio>
#include <cstdlib>
#include <source_location>

namespace netpoll {

/// Does nothing if `condition` holds. Otherwise writes one line with the file,
/// the line number and `why` to standard error and ends the process. [any]
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
