// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a server does with its connections: four functions, each may be empty.
//
//              thread    when                              may
//  on_prepare  poller    accepted, not yet watched         set options, close
//  on_connect  worker    watched; before any on_request    read, write, close
//  on_request  worker    input is there; one at a time     read, write, close
//  on_disconnect worker  the peer closed; may overlap      look, signal; the
//                        on_request, never on_connect      connection is closed
//
// Any of them may block but on_prepare: it holds up a poller with all its
// connections. What one throws is logged, and closes the connection.
// Upstream: eventloop.go:37.

#include <chrono>
#include <functional>

namespace netpoll {

class Connection;

using Handler = std::function<void(Connection&)>;

struct Handlers {
  Handler on_prepare = {};
  Handler on_connect = {};
  /// Called while unread input is there, but not again for input that it has
  /// seen and left: then the next byte calls it. Unlike upstream, where such a
  /// handler is called for ever (connection_onevent.go:180).
  Handler on_request = {};
  Handler on_disconnect = {};
};

/// What every connection of a server starts with.
struct ConnectionOptions {
  std::chrono::milliseconds read_timeout{0};   ///< 0: none
  std::chrono::milliseconds write_timeout{0};  ///< 0: none
};

}  // namespace netpoll
