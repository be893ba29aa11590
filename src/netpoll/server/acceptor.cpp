// SPDX-License-Identifier: Apache-2.0
//
// [poller] but for start() and stop().
#include "netpoll/server/acceptor.h"

#include <algorithm>
#include <utility>

#include "netpoll/base/log.h"

namespace netpoll {
namespace {

constexpr std::chrono::milliseconds kPauseMin(10);
constexpr std::chrono::milliseconds kPauseMax(1000);

// So that a storm of connections does not starve what else the poller watches.
constexpr int kAcceptsPerTurn = 64;

}  // namespace

Acceptor::Acceptor(Runtime& runtime, Listener listener, OnAccept on_accept)
    : FdOperator(listener.fd()),
      poller_(runtime.acceptors().next()),
      listener_(std::move(listener)),
      on_accept_(std::move(on_accept)) {}

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
    pause_ = {};
    on_accept_(*std::move(next));
  }
}

void Acceptor::on_hangup() {
  log::warn("listener", "the listening socket has failed");
  poller_.detach(*this);
}

// A level-triggered listener that cannot accept would keep its poller turning.
void Acceptor::pause() {
  pause_ = std::clamp(pause_ * 2, kPauseMin, kPauseMax);
  static_cast<void>(poller_.watch_input(*this, false));
  poller_.set_timer(*this, deadline_after(pause_));
}

void Acceptor::on_timer() {
  static_cast<void>(poller_.watch_input(*this, true));
}

}  // namespace netpoll
