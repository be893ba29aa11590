// SPDX-License-Identifier: Apache-2.0
#pragma once

// One stream socket: its two halves, its life, and the threads that meet in it.
//
//   poller     on_readable: Input::fill ---> Lifecycle ---> a task is deferred
//              on_writable: Output::drain       ^                  |
//   worker     run_task: on_request(conn) while there is input  <--+
//   any        close(), reader() and writer() calls
//
// The end, whoever brings it, has three steps. Closed: no call waits for input
// any more, is_active() is false. Torn down, by the holder of the key: nobody
// sends any more, the close callbacks run. Finished, some time later if the
// close lingers: unwatched, descriptor closed, `last` called.
//
// Inv-1. life_ takes every decision on the connection's life, this class none.
// Inv-2. Only the holder of the key calls on_connect and on_request, touches
//        the fields guarded by the key, and tears down.
// Inv-3. The descriptor is closed by close_socket(), after the poller has left
//        this operator and the last thread that sends has left output_.
// Inv-4. User code runs without a lock of this class and outside the functions
//        that a poller calls: in tasks, in flush(), or where close() is called.
// Inv-5. While a user holds a Ref<Connection>, a peer's FIN alone ends nothing.
//
// The buffers live as long as this; unlike upstream, where a close recycles
// them under a reader: connection.closeBuffer, connection_reactor.go:71; #408.
// Unlike upstream, how a peer ended is not logged: poll_default_linux.go:176
// (defaultPoll.handler).
// Upstream: connection, connection_impl.go:38; Connection, connection.go:29.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "netpoll/base/mutex.h"
#include "netpoll/connection/activity.h"
#include "netpoll/connection/handler_slot.h"
#include "netpoll/connection/handlers.h"
#include "netpoll/connection/input.h"
#include "netpoll/connection/lifecycle.h"
#include "netpoll/connection/output.h"
#include "netpoll/connection/quiet.h"
#include "netpoll/connection/runtime.h"
#include "netpoll/os/address.h"
#include "netpoll/os/unique_fd.h"

namespace netpoll {

class Connection final : public FdOperator {
 public:
  using CloseCallback = Handler;
  using Milliseconds = std::chrono::milliseconds;

  /// A connection over `fd`, a non-blocking stream socket, on the poller that
  /// the load balance picks. `runtime` and `handlers` must outlive it. Nothing
  /// is watched or called before start(). [init]
  Connection(Runtime& runtime, UniqueFd fd, const Address& peer,
             const Handlers& handlers, const ConnectionOptions& options = {});

  // Ref<Connection> counts as a user's (Inv-5), Ref<FdOperator> does not. [any]
  void add_ref() const;
  void drop_ref() const;

  /// Runs on_prepare, has the poller watch the socket, runs on_connect on a
  /// worker. `last` runs when the socket is closed or detached; no handler is
  /// touched afterwards. Fails as epoll_ctl(2) does, or with Errc::conn_closed
  /// after a close in on_prepare; the connection is closed then. [init]
  [[nodiscard]] std::error_code start(CloseCallback last = {});

  /// Each half is for one thread at a time, and lives as long as this object.
  Input& reader() { return input_; }    ///< The reading half. [any]
  Output& writer() { return output_; }  ///< The writing half. [any]

  /// Replaces on_connect; empty: none. Not after on_prepare's return. [init]
  void set_on_connect(Handler handler);
  /// Replaces on_request from its next call on; unread input causes it at once.
  /// An empty `handler` leaves the input to a reader on another thread. Unlike
  /// upstream, a task that runs notices it, and calls `handler`:
  /// connection.SetOnRequest, connection_onevent.go:67. [any]
  void set_on_request(Handler handler);
  /// Replaces on_disconnect; empty: none. Not once it was called. [any]
  void set_on_disconnect(Handler handler);

  /// Neither side has closed, and the kernel has reported no failure. [any]
  bool is_active() const { return life_.is_active(); }
  /// Closes: wakes what waits in reader() or writer(), and tears down as soon
  /// as no handler runs. What a flush() took without an error is still sent,
  /// see ConnectionOptions::linger; input stays readable. Never waits. [any]
  void close();
  /// Sends a FIN after what was flushed. Reading goes on; a later flush()
  /// fails. Fails with Errc::conn_closed when the connection is closed, or as
  /// shutdown(2) does. A second call does nothing. Upstream has none. [any]
  [[nodiscard]] std::error_code shutdown_write() { return output_.shut(); }
  /// Closes, but returns the descriptor, open and watched by no poller. Unread
  /// input stays here; adopt() takes it as reader().slice(reader().size()).
  /// Unsent output is lost. Waits for a flush on another thread to return.
  /// Errc::conn_closed: the descriptor is closed or detached already. Requires:
  /// not inside this connection's flush(). Upstream: connection.Detach. [any]
  [[nodiscard]] Result<UniqueFd> detach();
  /// Has `callback` run when the connection is torn down, whatever ended it;
  /// the newest callback runs first. If it is torn down already, runs
  /// `callback` at once. Unlike upstream, where two threads may lose one:
  /// connection.AddCloseCallback, connection_onevent.go:80. [any]
  void add_close_callback(CloseCallback callback);

  /// Closes once on_request has returned, input is read, output is sent. [any]
  void stop();
  /// Closes if no handler runs, no output is unsent, no input is on its way,
  /// and quiet.look() finds the input quiet. [any]
  void close_if_quiet(Quiet& quiet, Milliseconds grace);

  // How long a read or flush may wait; 0: no limit; negative: unchanged. [any]
  void set_read_timeout(Milliseconds t) { input_.limit().set_timeout(t); }
  void set_write_timeout(Milliseconds t) { output_.limit().set_timeout(t); }
  // Until when reads, or flushes, may wait; kNever: the timeout counts. [any]
  void set_read_deadline(Deadline at) { input_.limit().set_deadline(at); }
  void set_write_deadline(Deadline at) { output_.limit().set_deadline(at); }
  void set_deadline(Deadline at);
  // Change the fields of ConnectionOptions that have these names. [any]
  void set_idle_timeout(Milliseconds timeout);
  void set_keepalive(std::chrono::seconds idle);
  void set_max_input(std::size_t bytes) { input_.set_max_input(bytes); }
  /// Sets ConnectionOptions::linger; 0 also ends a wait that has begun. [any]
  void set_linger(Milliseconds limit);
  /// The address of our end; empty once the descriptor is closed or detached.
  /// Unlike upstream never the listener's wildcard. [any]
  Address local_addr() const;
  Address remote_addr() const { return peer_; }  ///< The peer's. [any]

 private:
  // connection_poller.cpp [poller]
  void on_readable() override;
  void on_writable() override;
  void on_hangup() override;
  void on_timer() override;
  void on_detached() override { close_socket(); }
  void hang_up(ClosedBy by);
  void bring_input();
  void discard_input();
  void go_on_lingering();
  void go_on_after_output();
  void close_idle();
  void defer_task_of(Next next);
  // connection_task.cpp [worker]
  void run_task();
  void greet();
  void handle_request();
  void tell_disconnect();
  void refuse_full_input();
  void call(const Handler& handler, const char* name);
  // connection.cpp [any]
  void settle(Next next);
  void go_on(bool runs_handlers);
  Next mark_closed();
  Task task(void (Connection::*step)());
  Look look(bool stopping) const;
  bool has_uncounted_input() const;
  void set_alarm();
  // connection_end.cpp [holder of the key]
  void tear_down();
  static void continue_tear_down(FdOperator& op);
  void end_for_user();
  void run_close_callbacks();
  bool must_linger() const;
  void begin_linger();
  std::optional<Deadline> lingers_until() const;
  void end_linger();
  void finish();
  void close_socket();
  UniqueFd take_socket();

  Poller& poller_;
  const Handlers& handlers_;
  const Address peer_;
  const bool is_tcp_;
  bool answered_ = false;  // guarded by the key: on_request ran in this go_on()
  mutable std::atomic<std::uint32_t> users_{1};  // Refs that users hold
  // Guarded by the key.
  const Handler* serving_;  // the on_request to call
  CloseCallback last_;

  mutable Mutex mutex_;  // guards the fields at the end, and output_'s state
  Lifecycle life_;
  Activity activity_;
  Input input_;
  Output output_;

  Milliseconds linger_limit_ NETPOLL_GUARDED_BY(mutex_);
  std::optional<Deadline> lingers_until_ NETPOLL_GUARDED_BY(mutex_);
  bool torn_down_ NETPOLL_GUARDED_BY(mutex_) = false;
  UniqueFd socket_ NETPOLL_GUARDED_BY(mutex_);
  HandlerSlot on_connect_;  // the three slots get mutex_ with each call
  HandlerSlot on_request_;
  HandlerSlot on_disconnect_;
  std::vector<CloseCallback> callbacks_ NETPOLL_GUARDED_BY(mutex_);
};

}  // namespace netpoll
