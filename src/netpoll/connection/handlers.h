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
// connections. What one throws is logged, and closes the connection. With
// RunBy::inline_on_poller "worker" is the connection's poller, and a call that
// would wait fails with Errc::would_block.
// Unlike upstream: our own close in on_connect is not told to on_disconnect
// (connection_onevent.go:203), and a peer that closes just when on_connect
// returns is told of, not missed (connection_onevent.go:150).
// Upstream: eventloop.go:37.

#include <chrono>
#include <cstddef>
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

/// What a connection starts with. Upstream: Option, netpoll_options.go:20.
struct ConnectionOptions {
  std::chrono::milliseconds read_timeout{0};   ///< 0: none
  std::chrono::milliseconds write_timeout{0};  ///< 0: none
  /// Closed when no byte came or went for so long and no handler is at work;
  /// 0: never. Unlike upstream, whose option of this name is `keepalive`
  /// (connection_impl.go:81, #419).
  std::chrono::milliseconds idle_timeout{0};
  /// After so long without a byte TCP asks whether the peer is still there, and
  /// closes if it is not; 0: TCP does not ask.
  std::chrono::seconds keepalive{0};
  /// Unread bytes at which the poller stops reading, so that the peer has to
  /// wait; 0: no limit. on_request must take something of a full input.
  std::size_t max_input = 0;
  /// What the first read takes at most; later ones grow when they are filled.
  std::size_t read_size = 8 * 1024;
};

}  // namespace netpoll
