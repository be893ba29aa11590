// SPDX-License-Identifier: Apache-2.0
#pragma once

// The recipes of examples.cpp that a program can run to their end.

#include <netpoll/netpoll.h>

#include <atomic>
#include <string>
#include <system_error>

namespace consumer {

/// Counts the requests of each connection, and answers with the count.
netpoll::Handlers counting();

/// Tells `ended` when a connection is torn down.
netpoll::Handlers watched(std::atomic<int>& ended);

/// Serves one client, a thread that keeps the connection beyond the handler.
/// Returns what the client was sent.
netpoll::Result<std::string> served_later(netpoll::Runtime& runtime);

/// Serves until the next SIGTERM or SIGINT.
std::error_code serve_until_signal(netpoll::Runtime& runtime,
                                   const netpoll::Handler& echo);

/// The same with a runtime of its own, and EndSignals to wait with.
std::error_code serve_alone(const netpoll::Handler& echo);

}  // namespace consumer
