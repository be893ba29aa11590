// SPDX-License-Identifier: Apache-2.0
#pragma once

// One connection of mux_server: its requests are worked on side by side, and
// answered in the order in which they are done.
//
//    on_request          a task for each request       ShardQueue
//
//    take_frame() -----> work, then add(answer) -----> one consumer flushes
//    take_frame() -----> work, then add(answer) --/    the answers in batches
//       |                                                 |
//       |  kWaitingMax of requests and answers wait:      | an answer goes into
//       v  no on_request, so the peer has to wait         v a batch: less waits
//
// So a peer that sends and never reads has a bounded share of the memory: two
// times kWaitingMax, what the input holds, and one frame. The worker that
// flushes its answers waits for it no longer than the write timeout; then the
// queue closes the connection.
//
// The end: when the peer sends no more, or the server is to stop, the session
// takes nothing more. When the last request is answered, a worker waits until
// the kernel has the answers, and closes the connection.

#include <chrono>
#include <cstddef>

#include "mux_frame.h"
#include "netpoll/netpoll.h"

namespace netpoll::programs {

class MuxSession : public RefCounted<MuxSession> {
 public:
  /// What all sessions share.
  struct Server {
    Runtime& runtime;
    GoPool& tasks;                   // works on the requests
    std::chrono::microseconds work;  // of a request with an even id
    std::size_t max_frame;
  };

  /// Requires: inside on_connect of `conn`. Its last Ref goes after the close
  /// callbacks of `conn`, and never inside an answer's Getter: it waits for
  /// them.
  MuxSession(const Server& server, Connection& conn);

  /// Sets the handlers of the connection.
  void begin();
  /// Takes no more requests; answers those that were taken, and closes. [any]
  void end();

 private:
  void on_request();
  void on_disconnect();
  void take_requests();
  void start(Frame request);
  void answer(Frame request);
  void sent(std::size_t cost);
  bool pause_if_full();
  void resume();
  void settle();
  void finish();

  const Server& server_;
  Connection& conn_;  // queue_ holds a Ref

  Mutex mutex_;
  // The cost of the requests whose answers are in no batch yet.
  std::size_t waiting_ NETPOLL_GUARDED_BY(mutex_) = 0;
  // The requests that were taken and whose answers queue_ does not have yet.
  std::size_t unanswered_ NETPOLL_GUARDED_BY(mutex_) = 0;
  bool taking_ NETPOLL_GUARDED_BY(mutex_) = false;      // in on_request
  bool paused_ NETPOLL_GUARDED_BY(mutex_) = false;      // on_request is not set
  bool peer_ended_ NETPOLL_GUARDED_BY(mutex_) = false;  // no more input comes
  bool ended_ NETPOLL_GUARDED_BY(mutex_) = false;       // takes nothing more
  bool finishing_ NETPOLL_GUARDED_BY(mutex_) = false;   // finish() was posted

  ShardQueue queue_;  // destroyed first: its Getters use the others
};

}  // namespace netpoll::programs
