// SPDX-License-Identifier: Apache-2.0
#pragma once

// One stream socket: its two halves, its keys, and the three threads that meet
// in it.
//
//   poller     on_readable: Input::fill ---- key free? ----> a task is deferred
//              on_writable: Output::drain                        |
//   worker     run_task: on_request(conn) while there is input <-+
//   anyone     close(), reader() and writer() calls
//
// The end, whoever brings it, has two steps. Closed: reading waits for nothing
// more, is_active() is false. Torn down, by whoever then gets the processing
// key: unwatched, close callbacks run, descriptor closed. So no handler ever
// sees its connection torn down under it.
//
// What keeps it alive: a Ref of the server's registry, or the dialler's handle,
// until torn down; the poller's, until the turn after detach; the one in each
// task, until the task returns. The buffers live as long; unlike upstream,
// where a close recycles them under a reader (connection_reactor.go:71, #408).
// Unlike upstream: how a peer ended is not logged (poll_default_linux.go:176).
//
// Upstream: connection, connection_impl.go:38; Connection, connection.go:29.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "netpoll/base/mutex.h"
#include "netpoll/connection/activity.h"
#include "netpoll/connection/handler_slot.h"
#include "netpoll/connection/handlers.h"
#include "netpoll/connection/input.h"
#include "netpoll/connection/key_chain.h"
#include "netpoll/connection/output.h"
#include "netpoll/connection/runtime.h"
#include "netpoll/os/address.h"
#include "netpoll/os/unique_fd.h"

namespace netpoll {

class Connection final : public FdOperator {
 public:
  using CloseCallback = Handler;

  /// A connection over `fd`, a non-blocking stream socket, on the poller whose
  /// turn it is. `handlers` must outlive it; nothing happens before start().
  /// [init]
  Connection(Runtime& runtime, UniqueFd fd, const Address& peer,
             const Handlers& handlers, const ConnectionOptions& options = {});
  ~Connection() override;

  /// Runs on_prepare, has the poller watch the socket and then runs on_connect
  /// on a worker. `last` runs when all is torn down and the descriptor closed;
  /// nothing of `handlers` is touched afterwards. Fails as epoll_ctl(2) does,
  /// or with Errc::conn_closed after a close in on_prepare; the connection is
  /// closed then. [init]
  std::error_code start(CloseCallback last = {});

  /// The reading half; one thread at a time. Lives as long as this. [any]
  Input& reader() { return input_; }
  /// The writing half; one thread at a time. Lives as long as this. [any]
  Output& writer() { return output_; }

  // Replaces a handler; an empty one is ignored. [any]
  /// Before start(), or in on_prepare: later it is too late. [init]
  void set_on_connect(Handler handler) { on_connect_.set(std::move(handler)); }
  /// From the next call on; unread input calls it at once. Unlike upstream, a
  /// task that runs notices it (connection_onevent.go:67, #421). [any]
  void set_on_request(Handler handler);
  /// Until the peer's close has been told. [any]
  void set_on_disconnect(Handler handler) {
    on_disconnect_.set(std::move(handler));
  }

  /// Nobody has closed it. Says nothing of a peer that vanished silently. [any]
  bool is_active() const { return keys_.is_active(); }
  /// Closes: wakes whoever waits, tears down now or, while a handler runs, when
  /// it returns. Unread input stays readable. A second call does nothing. [any]
  void close();
  /// Closes, but hands the descriptor over, open and non-blocking, watched by
  /// nobody. What is unread stays readable here, what is unsent is lost. Fails
  /// with Errc::conn_closed when the descriptor is gone. Requires: not inside
  /// its own flush(). Upstream: Detach. [any]
  Result<UniqueFd> detach();
  /// Runs `callback` when the connection is torn down, the newest first; at
  /// once if it has been. Unlike upstream: none is ever lost
  /// (connection_onevent.go:80). [any]
  void add_close_callback(CloseCallback callback);

  /// Closes if nothing is under way: no handler, nothing unread here or in the
  /// kernel, nothing unsent, and no byte since the last call of this. For a
  /// graceful shutdown. [one thread at a time]
  void close_if_quiet();

  // How long a call may wait; 0 for ever, negative: ignored (WaitLimit). [any]
  void set_read_timeout(std::chrono::milliseconds timeout) {
    input_.limit().set_timeout(timeout);
  }
  void set_write_timeout(std::chrono::milliseconds timeout) {
    output_.limit().set_timeout(timeout);
  }
  // Till when calls may wait; kNever: the timeout holds. [any]
  void set_read_deadline(Deadline at) { input_.limit().set_deadline(at); }
  void set_write_deadline(Deadline at) { output_.limit().set_deadline(at); }
  void set_deadline(Deadline at) {
    set_read_deadline(at);
    set_write_deadline(at);
  }
  // As in ConnectionOptions. [any]
  void set_idle_timeout(std::chrono::milliseconds timeout);
  void set_keepalive(std::chrono::seconds idle);
  void set_max_input(std::size_t bytes) { input_.set_max_input(bytes); }

  /// The near end, as the kernel knows it; unlike upstream never the listener's
  /// wildcard. [any]
  Address local_addr() const { return local_; }
  /// The far end. [any]
  Address remote_addr() const { return peer_; }

 private:
  friend class ConnectionTest;
  friend class KeyChain<>;  // for let_go()

  // connection_poller.cpp [poller]
  void on_readable() override;
  void on_writable() override;
  void on_hangup() override;
  void on_timer() override;
  void hang_up(ClosedBy by);
  void process_later();
  void close_idle();

  // connection_task.cpp [worker]
  void run_task();
  void run_on_connect();
  void run_disconnect_task();
  void run_on_disconnect();
  bool has_request();
  void handle_requests();
  void refuse_more();
  void serve(HandlerSlot& handler, const char* name);
  void call(const Handler& handler, const char* name);

  // connection.cpp [any]; the last three: the holder of the processing key
  Task task(void (Connection::*step)());
  void end_by_user();
  void try_finish();
  void go_on_elsewhere(bool has_work);
  bool ready_to_tear_down() const;
  bool handled() const;
  bool let_go() { return keys_.let_go(*this); }
  void tear_down();
  void run_close_callbacks();
  UniqueFd take_socket();
  bool take_key_to_greet();
  void set_alarm();

  // How far its life has gone, one bit each.
  enum Life : unsigned {
    connected = 1,     // on_connect has returned, or there is none
    hung_up = 2,       // the poller has seen the end
    disconnected = 4,  // on_disconnect has returned, or there is none
    user_closed = 8,   // close() was called
  };
  static constexpr std::uint64_t kNothing = ~0ull;  // no committed()
  bool has(Life stage) const;
  unsigned reach(Life stage);

  // Constant after construction.
  Poller& poller_;
  const Handlers& handlers_;
  const Address local_;
  const Address peer_;

  HandlerSlot on_connect_;
  HandlerSlot on_request_;
  HandlerSlot on_disconnect_;
  KeyChain<> keys_;
  std::atomic<unsigned> life_{0};  // the Life stages reached, in any order
  Activity activity_;
  Input input_;
  Output output_;

  // Guarded by the processing key.
  CloseCallback last_;
  std::uint64_t quiet_at_ = kNothing;  // committed() at close_if_quiet()

  // committed() before the last on_request that took nothing. Written with the
  // processing key, read without: a stale value only costs one more look.
  std::atomic<std::uint64_t> seen_{kNothing};

  Mutex end_mutex_;
  UniqueFd socket_ NETPOLL_GUARDED_BY(end_mutex_);
  std::vector<CloseCallback> callbacks_ NETPOLL_GUARDED_BY(end_mutex_);
  bool torn_down_ NETPOLL_GUARDED_BY(end_mutex_) = false;
};

}  // namespace netpoll
