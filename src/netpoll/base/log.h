// SPDX-License-Identifier: Apache-2.0
#pragma once

// One line for each thing that went wrong and that no caller can be told about:
// a failed accept, a handler that threw. Never a line for each event.
//
//    log::warn("accept4", error);     ->  netpoll: accept4: Too many open files
//
//    warn(): make the line --> copy the pointer to the sink --> call the sink
//                              (under the log's mutex)          (no lock held)
//
// The sink can be replaced, so that a test can look at the lines. The sink is
// one of the two mutable globals of the library; the other is the free lists of
// mcache. Upstream: the package variable `logger`, netpoll_unix.go:34, which
// SetLoggerOutput replaces.

#include <functional>
#include <string_view>
#include <system_error>

namespace netpoll::log {

/// Receives each line, without "netpoll: " in front and without a line feed.
/// A sink runs on the thread that warns: a poller, a worker or a user's thread,
/// and on several of them at once. The library holds no lock while a sink
/// runs, but a sink that blocks a poller delays all connections of that poller.
///
/// A sink may call set_sink(), warn() and everything else marked [any]. A line
/// that a sink passes to warn() goes to the sink again; once four calls of
/// sinks are nested, the next line goes to standard error. What a sink throws
/// is caught, and the line that it was given goes to standard error.
using Sink = std::function<void(std::string_view line)>;

/// Sends lines to `sink` from now on; nullptr means standard error. Returns the
/// sink that was set before, nullptr if that was standard error. Another thread
/// may still be inside the earlier sink when set_sink() returns, so what that
/// sink uses must live until every thread that may warn has ended. [any]
Sink set_sink(Sink sink);

/// Sends the line "what: error.message()" to the sink. [any]
void warn(std::string_view what, std::error_code error) noexcept;

/// Sends the line "what: detail" to the sink. [any]
void warn(std::string_view what, std::string_view detail) noexcept;

}  // namespace netpoll::log
