// SPDX-License-Identifier: Apache-2.0
//
// [poller] but for the constructor, start() and stop().
#include "netpoll/server/acceptor.h"

#include <cassert>
#include <optional>
#include <utility>

#include "netpoll/base/log.h"

namespace netpoll {

Acceptor::Acceptor(Runtime& runtime, Listener listener, OnAccept on_accept)
    : FdOperator(listener.fd()),
      poller_(runtime.acceptors().next()),
      listener_(std::move(listener)),
      on_accept_(std::move(on_accept)) {
  assert(listener_.fd() >= 0);
  assert(on_accept_ != nullptr);
}

std::error_code Acceptor::start() {
  return poller_.add(*this);
}

void Acceptor::stop() {
  poller_.detach(*this);
  listener_.close();
}

void Acceptor::on_readable() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    Result<std::optional<os::Accepted>> accepted = listener_.accept();
    if (!accepted) {
      log::warn("accept", accepted.error());
      return pause();
    }
    std::optional<os::Accepted>& next = *accepted;
    if (!next) return;
    pauses_.succeeded();
    on_accept_(*std::move(next));
  }
}

void Acceptor::on_hangup() {
  log::warn("listener", "the listening socket has failed");
  poller_.detach(*this);
}

// Stops watching the listener for a while, after accept4(2) has failed. While
// clients wait, epoll_wait(2) would report the listener at once, again and
// again, and keep its poller busy for nothing.
void Acceptor::pause() {
  pauses_.failed(Deadline::clock::now());
  if (const auto error = poller_.watch_input(*this, false)) {
    log::warn("epoll_ctl", error);
  }
  poller_.set_timer(*this, pauses_.next());
}

void Acceptor::on_timer() {
  const auto error = poller_.watch_input(*this, true);
  if (!error) return;
  // The listener is still not watched. Without the timer of another pause no
  // event would ever come for it.
  log::warn("epoll_ctl", error);
  pause();
}

}  // namespace netpoll
