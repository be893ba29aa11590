// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a server does with its connections: four functions, each may be empty.
//
//              thread       when                          may
//  on_prepare  poller (*)   accepted, not yet watched     set options, close
//  on_connect  worker       watched, before any           read, write, close
//                           on_request
//  on_request  worker       input is there; one call at   read, write, close
//                           a time
//  on_disconnect worker     the peer has ended; while     write to a peer that
//                           on_request may still run      still reads, signal
//
// (*) The poller of the listener, or the thread that dials or adopts.
// Each of them may block, but not on_prepare: on_prepare holds up a poller with
// all its connections. An exception is logged, and closes the connection. With
// RunBy::inline_on_poller "worker" means the connection's poller, and a call
// that would wait fails with Errc::would_block. With RunBy::adaptive it means
// the poller or a worker; when the poller's thread is kept by a handler that
// waits or takes long, another thread serves the poller's connections.
//
// The end. Close callbacks always run, once; on_disconnect only for an end that
// the peer began:
//
//  what ends the connection                    on_disconnect  close callbacks
//  the peer closes or half-closes (FIN)        yes            yes
//  the socket fails (RST, time-out of TCP)     yes            yes
//  close() or detach() on our side             no             yes
//  idle_timeout passes                         no             yes
//  a handler throws                            no             yes
//  on_request leaves a full input (max_input)  no             yes
//  EventLoop::shutdown() or ~EventLoop         no             yes
//  the peer ends, and then we close            yes            yes
//  the peer ends before on_connect returns     yes, after it  yes
//
// After the peer's FIN the connection can still be written to. It is torn down
// when its input is handled, on_disconnect has returned, and no user holds a
// Ref<Connection>; so a thread that still has to answer keeps one:
//
//    kept = Ref<Connection>::share(conn);              // in the handler
//    …
//    conn->writer().write_string("later\n");           // on the other thread
//    if (conn->writer().flush()) conn->close();
//
// A thread that keeps such a Ref for the whole life of the connection gives it
// back, or calls close(), in on_disconnect.
//
// State for each connection lies in an on_request of its own, which on_connect
// sets. That handler is never copied between two calls, and is destroyed with
// the connection:
//
//    return {.on_connect = [](Connection& conn) {
//      conn.set_on_request([count = 0](Connection& it) mutable {
//        …
//        it.writer().write_string(std::to_string(++count) + '\n');
//        it.reader().release();
//        if (it.writer().flush()) it.close();
//      });
//    }};
//
// Unlike upstream, on_disconnect is not called after our own close in
// on_connect: connection_onevent.go:203 (connection.onProcess).
// Unlike upstream, on_disconnect is always called when the peer closes just as
// on_connect returns: connection_onevent.go:150 (connection.onDisconnect).
// Upstream: eventloop.go:62 (OnPrepare), :79 (OnConnect), :114 (OnRequest),
// :84 (OnDisconnect).

#include <chrono>
#include <cstddef>
#include <functional>

namespace netpoll {

class Connection;

/// A function that the library calls with a connection, which stays valid while
/// the function runs. A Ref<Connection> keeps the connection longer.
using Handler = std::function<void(Connection&)>;

struct Handlers {
  Handler on_prepare = {};
  Handler on_connect = {};
  /// Called again and again while unread input is there. After a call that took
  /// nothing, it is not called before more input arrives. Unlike upstream,
  /// which calls such a handler without end, and says so in its contract:
  /// OnRequest, eventloop.go:114.
  Handler on_request = {};
  Handler on_disconnect = {};
};

/// The options that a connection starts with. Upstream: Option,
/// netpoll_options.go:20.
struct ConnectionOptions {
  std::chrono::milliseconds read_timeout{0};   ///< of one read; 0: no limit
  std::chrono::milliseconds write_timeout{0};  ///< of one flush(); 0: no limit
  /// The connection closes when no byte came or went for so long and no handler
  /// runs; 0: never. Unlike upstream, where SetIdleTimeout sets TCP's
  /// keepalive, which here is `keepalive`: connection.SetIdleTimeout,
  /// connection_impl.go:81; #419.
  std::chrono::milliseconds idle_timeout{0};
  /// After so long without a byte the kernel asks the peer, by TCP's keepalive,
  /// whether it is still there. Without an answer the connection fails. 0: the
  /// kernel does not ask.
  std::chrono::seconds keepalive{0};
  /// The limit of the input in bytes: when so many are unread, or read and not
  /// given back by release(), the poller stops reading, so that the peer has to
  /// wait. 0: no limit. A reader's call that waits for more bytes than that
  /// lets in as many as it waits for. When a handler returns and leaves a full
  /// input as it is, and has not set another handler, the connection is closed.
  std::size_t max_input = 4 * 1024 * 1024;
  /// How many bytes the first read from the socket takes at most. This size
  /// grows after a read that filled it, and shrinks after a read that used less
  /// than a quarter of it.
  std::size_t read_size = 8 * 1024;
  /// The limit of each of two waits after a close on our side. First the
  /// connection sends what was flushed. Then, if the peer has not got all of
  /// that or has sent more than was read, it waits for the peer's own close:
  /// without this wait TCP would answer the peer's next byte with a reset,
  /// which may overtake the answer. 0: drops what is unsent, and does not wait.
  std::chrono::milliseconds linger{5000};
};

}  // namespace netpoll
