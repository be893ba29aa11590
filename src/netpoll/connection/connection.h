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
// Inv-1. Every decision about the connection's life is an answer of life_; this
//        class carries the answers out and decides nothing.
// Inv-2. Only the holder of the key calls on_connect and on_request, touches
//        the fields guarded by the key, and tears down.
// Inv-3. The descriptor is open until finish(): so no system call meets a
//        number that is another connection's. The poller has left this operator
//        and no thread sends when it is closed.
// Inv-4. User code runs without a lock of this class and outside on_readable()
//        and its sisters: handlers and close callbacks in tasks or on the
//        thread that closes, done() of a lent block in flush() or in a task.
// Inv-5. While a user holds a Ref<Connection>, a peer's FIN alone ends nothing.
//
// What keeps it alive: a Ref of the server's registry, or the dialler's handle;
// the poller's, until the turn after detach; the one in each task, until the
// task returns; and a user's. The buffers live as long; unlike upstream, where
// a close recycles them under a reader: connection.closeBuffer,
// connection_reactor.go:71; #408. Unlike upstream, how a peer ended is not
// logged: poll_default_linux.go:176 (defaultPoll.handler).
//
// Upstream: connection, connection_impl.go:38; Connection, connection.go:29.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "netpoll/base/mutex.h"
#include "netpoll/connection/activity.h"
#include "netpoll/connection/handler_slot.h"
#include "netpoll/connection/handlers.h"
#include "netpoll/connection/input.h"
#include "netpoll/connection/lifecycle.h"
#include "netpoll/connection/output.h"
#include "netpoll/connection/runtime.h"
#include "netpoll/os/address.h"
#include "netpoll/os/unique_fd.h"

namespace netpoll {

class Connection final : public FdOperator {
 public:
  using CloseCallback = Handler;

  /// A connection over `fd`, a non-blocking stream socket, on the poller whose
  /// turn it is. `runtime` and `handlers` must outlive it; nothing happens
  /// before start(). [init]
  Connection(Runtime& runtime, UniqueFd fd, const Address& peer,
             const Handlers& handlers, const ConnectionOptions& options = {});
  ~Connection() override;

  // A Ref<Connection> is a user's: see Inv-5. The library holds a
  // Ref<FdOperator>. [any]
  void add_ref() const;
  void drop_ref() const;

  /// Runs on_prepare, has the poller watch the socket and then runs on_connect
  /// on a worker. `last` runs when the connection is finished; nothing of
  /// `handlers` is touched afterwards. Fails as epoll_ctl(2) does, or with
  /// Errc::conn_closed after a close in on_prepare; the connection is closed
  /// then. [init]
  [[nodiscard]] std::error_code start(CloseCallback last = {});

  /// The reading half; one thread at a time. Lives as long as this. [any]
  Input& reader() { return input_; }
  /// The writing half; one thread at a time. Lives as long as this. [any]
  Output& writer() { return output_; }

  /// Replaces on_connect; may be empty. Before start(), or in on_prepare:
  /// later, on_connect has been called. [init]
  void set_on_connect(Handler handler);
  /// Replaces on_request from the next call on; unread input calls the new one
  /// at once. With an empty one, input is left to a reader on another thread:
  /// so a handler hands its connection over. Unlike upstream, a task that runs
  /// notices it: connection.SetOnRequest, connection_onevent.go:67. [any]
  void set_on_request(Handler handler);
  /// Replaces on_disconnect until it has been called; may be empty. [any]
  void set_on_disconnect(Handler handler);

  /// Neither side has closed it. Says nothing of a peer that vanished silently.
  /// [any]
  bool is_active() const { return life_.is_active(); }
  /// Closes: wakes the threads that wait in reader() or writer(), and tears
  /// down now or, while a handler runs, when it returns. What was flushed is
  /// still sent (ConnectionOptions::linger); unread input stays readable. A
  /// second call does nothing. Never waits. [any]
  void close();
  /// Tells the peer that nothing more will be sent (FIN), after what was
  /// flushed; reading goes on. flush() fails with Errc::conn_closed afterwards.
  /// Fails with Errc::conn_closed when the connection is closed, or as
  /// shutdown(2) does. A second call does nothing. Upstream has none. [any]
  [[nodiscard]] std::error_code shutdown_write() { return output_.shut(); }
  /// Closes, but hands the descriptor over, open and non-blocking, watched by
  /// no poller. What is unread stays readable here: take it by
  /// reader().slice(reader().size()). What is unsent is lost. Waits until a
  /// flush on another thread has returned. Fails with Errc::conn_closed when
  /// the descriptor is gone. Requires: not inside its own flush().
  /// Upstream: connection.Detach, connection_impl.go:318. [any]
  [[nodiscard]] Result<UniqueFd> detach();
  /// Runs `callback` when the connection is torn down, whatever ended it; the
  /// newest callback first; at once if it has been torn down. The place to end
  /// what on_connect began. Unlike upstream, where two threads that add
  /// callbacks at once may lose one: connection.AddCloseCallback,
  /// connection_onevent.go:80. [any]
  void add_close_callback(CloseCallback callback);

  /// From now on the connection closes between two requests: when a handler has
  /// returned, all input is read and all output sent. [any]
  void stop();
  /// Closes if nothing is under way: no handler, no unread input here or in the
  /// kernel, nothing unsent, and no byte since the last call of this. Input
  /// that on_request has left is under way until no byte came for `grace`.
  /// [one thread at a time]
  void close_if_quiet(std::chrono::milliseconds grace);

  // How long one call may wait; 0: for ever; negative: as before. [any]
  void set_read_timeout(std::chrono::milliseconds timeout) {
    input_.limit().set_timeout(timeout);
  }
  void set_write_timeout(std::chrono::milliseconds timeout) {
    output_.limit().set_timeout(timeout);
  }
  // The moment until which calls may wait; kNever: the timeout counts. [any]
  void set_read_deadline(Deadline at) { input_.limit().set_deadline(at); }
  void set_write_deadline(Deadline at) { output_.limit().set_deadline(at); }
  void set_deadline(Deadline at) {
    set_read_deadline(at);
    set_write_deadline(at);
  }
  // The options of the same name, see ConnectionOptions. [any]
  void set_idle_timeout(std::chrono::milliseconds timeout);
  void set_keepalive(std::chrono::seconds idle);
  void set_max_input(std::size_t bytes) { input_.set_max_input(bytes); }
  /// Also ends the wait of a close that lingers already, if 0.
  void set_linger(std::chrono::milliseconds limit);

  /// The near end, as the kernel knows it; none once the descriptor is closed.
  /// Unlike upstream, it is never the listener's wildcard. [any]
  Address local_addr() const;
  /// The far end. [any]
  Address remote_addr() const { return peer_; }

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
  void close_idle();

  // connection_task.cpp [worker]
  void run_task();
  void greet();
  void handle_request();
  void tell_disconnect();
  void refuse_full_input();
  void call(const Handler& handler, const char* name);

  // connection.cpp [any]
  void settle(Next next);
  Next mark_closed();
  void run_elsewhere(void (Connection::*step)());
  Task task(void (Connection::*step)());
  Look look(bool stopping) const;
  bool replace(HandlerSlot& slot, Handler handler);
  const Handler& newest(HandlerSlot& slot);
  void set_alarm();

  // connection_end.cpp [holder of the key]
  void tear_down();
  static void continue_tear_down(FdOperator& op);
  void end_for_user();
  void run_close_callbacks();
  bool must_linger() const;
  void begin_linger();
  bool is_lingering() const;
  void end_linger();
  void finish();
  void close_socket();
  UniqueFd take_socket();

  // Constant after construction.
  Poller& poller_;
  const Handlers& handlers_;
  const Address peer_;
  const bool is_tcp_;

  mutable std::atomic<std::uint32_t> users_{1};  // Refs that users hold
  Lifecycle life_;
  Activity activity_;
  Input input_;
  Output output_;

  // Guarded by the key.
  CloseCallback last_;
  const Handler* serving_;             // the on_request to call
  bool answered_ = false;              // on_request ran since the key was taken
  std::uint64_t quiet_at_ = kNoLimit;  // committed() at close_if_quiet()
  Deadline quiet_since_ = kNever;      // committed() has not changed since

  // How far a close that lingers has come.
  enum class Linger : std::uint8_t { none, waits, over };

  mutable Mutex mutex_;
  std::chrono::milliseconds linger_limit_ NETPOLL_GUARDED_BY(mutex_);
  Linger linger_ NETPOLL_GUARDED_BY(mutex_) = Linger::none;
  UniqueFd socket_ NETPOLL_GUARDED_BY(mutex_);
  HandlerSlot on_connect_ NETPOLL_GUARDED_BY(mutex_);
  HandlerSlot on_request_ NETPOLL_GUARDED_BY(mutex_);
  HandlerSlot on_disconnect_ NETPOLL_GUARDED_BY(mutex_);
  std::vector<CloseCallback> callbacks_ NETPOLL_GUARDED_BY(mutex_);
  bool torn_down_ NETPOLL_GUARDED_BY(mutex_) = false;
};

}  // namespace netpoll
