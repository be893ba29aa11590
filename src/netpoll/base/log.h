// SPDX-License-Identifier: Apache-2.0
#pragma once

// One line per thing that went wrong and that no caller can be told about: a
// failed accept, a handler that threw. Never per event.
//
//    log::warn("accept4", error);     ->  netpoll: accept4: Too many open files
//
// The sink may be swapped, so that tests can look at the lines. It is one of
// the two mutable globals of the library (the other: mcache's lists).
// Upstream: net_io.go's logger, a package variable.

#include <functional>
#include <string_view>
#include <system_error>

namespace netpoll::log {

using Sink = std::function<void(std::string_view line)>;

/// Where lines go from now on; nullptr brings standard error back. Returns the
/// sink that was set before. [any]
Sink set_sink(Sink sink);

/// "what: error's text". [any]
void warn(std::string_view what, std::error_code error);

/// "what: detail". [any]
void warn(std::string_view what, std::string_view detail);

}  // namespace netpoll::log
