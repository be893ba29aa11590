// SPDX-License-Identifier: Apache-2.0
//
// No function of a connection is called under mutex_: close(), for instance,
// may run close callbacks, and they take mutex_.
#include "proxy_pair.h"

#include <utility>

#include "netpoll/mcache/mcache.h"

namespace netpoll::programs {
namespace {

using std::chrono::milliseconds;

// How long a sender waits for one slow peer before the next one has its turn.
constexpr milliseconds kTurn{20};

// How many bytes of free memory a sender keeps for itself. What it sends others
// have allocated, and without this it would keep all of it for itself.
constexpr std::size_t kSenderKeeps = 64 * 1024;

// When one side is gone: how long the other side may take no byte of what is
// left for it.
constexpr milliseconds kLastBytes{5000};

}  // namespace

Pair::Pair(Connection& client, GoPool& senders, bool handlers_flush,
           std::function<void(Pair&)> over)
    : client_(Ref<Connection>::share(client)),
      senders_(senders),
      handlers_flush_(handlers_flush),
      over_(std::move(over)) {
  forth_.from = &client;
  back_.to = &client;
}

void Pair::begin() {
  client_->set_on_disconnect([this](Connection&) { on_end(forth_); });
  client_->add_close_callback([this](Connection&) { on_gone(forth_); });
}

Handlers Pair::server_handlers() {
  return {.on_disconnect = [this](Connection&) { on_end(back_); }};
}

void Pair::join(DialedConnection server) {
  server_ = std::move(server);
  forth_.to = back_.from = &**server_;
  {
    const Lock lock(mutex_);
    joined_ = true;
  }
  (*server_)->add_close_callback([this](Connection&) { on_gone(back_); });
  client_->set_on_request(carrier(forth_));
  (*server_)->set_on_request(carrier(back_));
  settle(forth_);  // an end may have come before
  settle(back_);
}

void Pair::fail() {
  client_->close();
  on_gone(back_);
}

bool Pair::is_pointless() const {
  const Lock lock(mutex_);
  return forth_.gone && client_->reader().size() == 0;
}

void Pair::close_when_quiet(milliseconds quiet) {
  client_->set_idle_timeout(quiet);
  {
    const Lock lock(mutex_);
    if (!joined_) return;
  }
  forth_.to->set_idle_timeout(quiet);
}

void Pair::close_now() {
  client_->set_linger(milliseconds(0));
  client_->close();
  {
    const Lock lock(mutex_);
    if (!joined_) return;
  }
  forth_.to->set_linger(milliseconds(0));
  forth_.to->close();
}

Handler Pair::carrier(Way& way) {
  return [this, &way](Connection&) { on_input(way); };
}

// on_request of way.from.
void Pair::on_input(Way& way) {
  {
    const Lock lock(mutex_);
    way.carrying = true;
  }
  take_input(way);
  std::error_code error = Errc::write_timeout;
  if (handlers_flush_) {
    way.to->set_write_deadline(Deadline::min());  // flush() does not wait
    error = way.to->writer().flush();
  }
  if (error == Errc::write_timeout) {
    way.from->set_on_request({});
    return post(way);
  }
  if (error) way.from->set_on_request({});
  end_turn(way, error);
}

// on_disconnect of way.from.
void Pair::on_end(Way& way) {
  {
    const Lock lock(mutex_);
    way.ended = true;
  }
  settle(way);
}

// The close callback of way.from.
void Pair::on_gone(Way& way) {
  const Ref<Pair> self = Ref<Pair>::share(*this);
  bool both = false;
  {
    const Lock lock(mutex_);
    way.gone = way.ended = true;
    other(way).broken = true;
    both = other(way).gone;
  }
  settle(way);
  if (both) over_(*this);
}

// Moves all that `from` has brought to the output of `to`.
void Pair::take_input(Way& way) {
  auto input = way.from->reader().slice(way.from->reader().size());
  if (input) way.to->writer().append(*std::move(input));
}

// Has a sender send the output of `to`. The way is carrying.
void Pair::post(Way& way) {
  Task turn = [self = Ref<Pair>::share(*this), &way] { self->send_rest(way); };
  if (!senders_.go(std::move(turn))) end_turn(way, Errc::conn_closed);
}

// One turn of a sender.
void Pair::send_rest(Way& way) {
  way.to->set_write_timeout(kTurn);
  const auto error = way.to->writer().flush();
  mcache::shrink_thread(kSenderKeeps);
  if (error == Errc::write_timeout) return post(way);
  end_turn(way, error);
  if (!error) way.from->set_on_request(carrier(way));
}

void Pair::end_turn(Way& way, std::error_code error) {
  {
    const Lock lock(mutex_);
    way.carrying = false;
    if (error) way.broken = true;
  }
  if (error) way.to->close();
  settle(way);
}

// To be called when something has changed that next_step() looks at.
void Pair::settle(Way& way) {
  Step step = Step::nothing;
  bool hurry = false;
  {
    const Lock lock(mutex_);
    if (!joined_) return;
    step = next_step(way);
    // Without the other way's FIN, `from` has failed, or wants nothing more.
    hurry = way.gone && !other(way).passed;
  }
  if (hurry) way.to->set_idle_timeout(kLastBytes);
  switch (step) {
    case Step::nothing:
      break;
    case Step::carry:
      take_input(way);
      post(way);
      break;
    case Step::half_close:  // fails only when `to` is closed already
      static_cast<void>(way.to->shutdown_write());
      break;
    case Step::close:
      // The server's answers are for nobody: its connection lingers for none.
      if (hurry && &way == &forth_) way.to->set_linger(milliseconds(0));
      way.to->close();
      break;
  }
}

// What the way needs now. Requires: mutex_ is locked, and joined_ is true.
Pair::Step Pair::next_step(Way& way) {
  if (way.carrying) return Step::nothing;  // end_turn() asks again
  if (!way.broken && way.from->reader().size() > 0) {
    if (!way.gone) return Step::nothing;  // on_request will be called
    way.carrying = true;
    return Step::carry;
  }
  if (way.gone) return Step::close;
  if (!way.ended || std::exchange(way.passed, true)) return Step::nothing;
  return Step::half_close;
}

}  // namespace netpoll::programs
