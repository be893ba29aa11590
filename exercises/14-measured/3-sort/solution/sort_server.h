// SPDX-License-Identifier: Apache-2.0
#pragma once

// A server that sorts. A request is a count and that many numbers; the answer
// is the count and the numbers, sorted. Each is four bytes, unsigned, the most
// significant byte first:
//
//    00 00 00 03   00 00 01 00   00 00 00 07   ff ff ff ff      request
//    00 00 00 03   00 00 00 07   00 00 01 00   ff ff ff ff      answer
//
// Handlers run inline: a call that would wait fails with Errc::would_block.

#include <cstddef>

#include "netpoll/connection/connection.h"

inline constexpr std::size_t kNumbersMax = 65'536;  // in one request

/// The on_request of the server: answers the requests that are there whole.
/// Closes when one has more than kNumbersMax numbers. [worker]
void sort_request(netpoll::Connection& conn);
