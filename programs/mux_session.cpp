// SPDX-License-Identifier: Apache-2.0
//
// No function of the connection is called under mutex_.
#include "mux_session.h"

#include <optional>
#include <thread>
#include <utility>

namespace netpoll::programs {
namespace {

// When the requests and answers of one connection that wait cost more, no more
// requests are taken, until they cost half as much.
constexpr std::size_t kWaitingMax = 1024 * 1024;
// What a request costs besides its payload: its task and its Getter.
constexpr std::size_t kRequestCost = 512;

}  // namespace

MuxSession::MuxSession(const Server& server, Connection& conn)
    : server_(server), conn_(conn), queue_(server.runtime, conn, 1) {}

void MuxSession::begin() {
  conn_.set_on_disconnect([this](Connection&) { on_disconnect(); });
  resume();
}

void MuxSession::end() {
  conn_.set_on_request({});
  {
    const Lock lock(mutex_);
    ended_ = true;
  }
  settle();
}

void MuxSession::on_request() {
  bool last = false;
  {
    const Lock lock(mutex_);
    taking_ = true;
    last = peer_ended_;
  }
  take_requests();
  {
    const Lock lock(mutex_);
    taking_ = false;
    // After the last call, what is left is no whole frame. If the peer ended
    // during this call, on_disconnect() has another one made for what is left.
    if (last || (peer_ended_ && conn_.reader().size() == 0)) ended_ = true;
  }
  settle();
}

// Takes all whole frames or, when the session gets full, some of them: one at
// least, since a handler must not leave a full input as it is.
void MuxSession::take_requests() {
  for (;;) {
    auto request = take_frame(conn_.reader(), server_.max_frame);
    if (!request) return conn_.close();
    std::optional<Frame> whole = *std::move(request);
    if (!whole) return;
    start(*std::move(whole));
    if (pause_if_full()) return;
  }
}

// The peer sends nothing more, so all that it has sent may be taken.
void MuxSession::on_disconnect() {
  {
    const Lock lock(mutex_);
    peer_ended_ = true;
    paused_ = false;
    if (!taking_ && conn_.reader().size() == 0) ended_ = true;
  }
  resume();  // unread input makes the connection call on_request once more
  settle();
}

void MuxSession::start(Frame request) {
  {
    const Lock lock(mutex_);
    ++unanswered_;
    waiting_ += request.payload.size() + kRequestCost;
  }
  Task task = [self = Ref<MuxSession>::share(*this),
               request = std::move(request)]() mutable {
    self->answer(std::move(request));
  };
  if (!server_.tasks.go(std::move(task))) conn_.close();
}

// A task: works on one request. The requests are worked on at the same time, so
// one with an odd id overtakes those with even ids.
void MuxSession::answer(Frame request) {
  if (request.id % 2 == 0) std::this_thread::sleep_for(server_.work);
  const std::size_t cost = request.payload.size() + kRequestCost;
  // False: the connection has failed, and nobody waits for the answer.
  static_cast<void>(queue_.add(
      [this, cost, answer = std::move(request)](LinkBuffer& packets) mutable {
        put_frame(packets, std::move(answer));
        sent(cost);
      }));
  {
    const Lock lock(mutex_);
    --unanswered_;
  }
  settle();
}

// An answer has gone into a batch, which the queue is about to flush.
void MuxSession::sent(std::size_t cost) {
  {
    const Lock lock(mutex_);
    waiting_ -= cost;
    if (!paused_ || waiting_ > kWaitingMax / 2) return;
    paused_ = false;
  }
  resume();
}

bool MuxSession::pause_if_full() {
  {
    const Lock lock(mutex_);
    if (peer_ended_ || waiting_ <= kWaitingMax) return false;
    paused_ = true;
  }
  conn_.set_on_request({});
  {
    // If sent() or on_disconnect() resumed meanwhile, the line above may have
    // undone it.
    const Lock lock(mutex_);
    if (paused_ && waiting_ > kWaitingMax / 2) return true;
    paused_ = false;
  }
  resume();
  return true;
}

void MuxSession::resume() {
  conn_.set_on_request([this](Connection&) { on_request(); });
}

// Has a worker finish the session when everything is answered. A worker, since
// the queue's close() waits for the peer.
void MuxSession::settle() {
  Ref<MuxSession> self;
  {
    const Lock lock(mutex_);
    if (!ended_ || unanswered_ > 0 || finishing_) return;
    finishing_ = true;
    self = Ref<MuxSession>::share(*this);
  }
  Task last = [self = std::move(self)] { self->finish(); };
  if (!server_.runtime.workers().go(std::move(last))) conn_.close();
}

void MuxSession::finish() {
  static_cast<void>(queue_.close());  // an error: the connection has failed
  conn_.close();
}

}  // namespace netpoll::programs
