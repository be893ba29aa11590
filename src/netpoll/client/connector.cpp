// SPDX-License-Identifier: Apache-2.0
#include "netpoll/client/connector.h"

#include <poll.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace netpoll {
namespace {

// Three attempts for each address in all, as upstream.
constexpr int kAttemptsMax = 3;

// How long to wait until a unix server's full queue is tried again.
constexpr int kQueuePauseMs = 1;

// One address that is being tried.
struct Attempt {
  const Address* peer;
  std::size_t index;  // among all addresses
  os::Begun socket{};
  int begun = 0;  // how often this address has been tried
};

// All attempts of one connect_first().
class Race {
 public:
  Race(std::span<const Address> peers, const ConnectOptions& options)
      : peers_(peers), options_(options) {}

  Result<Connected> run();

 private:
  void begin_next();
  std::error_code begin(Attempt& attempt);
  std::error_code sleep();
  std::optional<Connected> look_at(Attempt& attempt, bool is_ready);
  std::error_code result_of(const Attempt& attempt) const;
  bool is_kernels_mistake(std::error_code error) const;
  void note_failure(const Attempt& attempt, std::error_code error);
  bool kernel_picks_port() const { return options_.local.port() == 0; }
  bool may_begin_by_time() const;
  bool is_late() const { return os::left_ms(options_.deadline) == 0; }

  const std::span<const Address> peers_;
  const ConnectOptions& options_;
  std::size_t next_ = 0;       // the address to be tried next
  Deadline next_at_ = kNever;  // and when, if no attempt fails before
  std::vector<Attempt> under_way_;
  std::vector<pollfd> polled_;   // one for each that is under way
  std::error_code first_error_;  // of peers_[0], once it has failed
};

Result<Connected> Race::run() {
  begin_next();
  while (!under_way_.empty()) {
    if (const auto error = sleep()) return fail(error);
    bool failed = false;
    for (std::size_t i = 0; i < polled_.size(); ++i) {
      Attempt& attempt = under_way_[i];
      if (auto winner = look_at(attempt, polled_[i].revents != 0)) {
        return *std::move(winner);
      }
      failed = failed || !attempt.socket.fd;
    }
    if (is_late()) return fail(Errc::dial_timeout);
    std::erase_if(under_way_, [](const Attempt& it) { return !it.socket.fd; });
    if (failed || Deadline::clock::now() >= next_at_) begin_next();
  }
  assert(is_late() || next_ == peers_.size());
  assert(is_late() || first_error_);
  return fail(is_late() ? Errc::dial_timeout : first_error_);
}

// Begins with the next address, and with those behind it as long as one fails
// at once.
void Race::begin_next() {
  bool begun = false;
  while (!begun && next_ < peers_.size()) {
    Attempt attempt{.peer = &peers_[next_], .index = next_};
    ++next_;
    const std::error_code error = begin(attempt);
    begun = !error;
    if (error) {
      note_failure(attempt, error);
    } else {
      under_way_.push_back(std::move(attempt));
    }
    if (is_late()) break;
  }
  next_at_ =
      may_begin_by_time() ? deadline_after(options_.attempt_delay) : kNever;
}

// With a near port of its own only one socket at a time can be bound to it.
bool Race::may_begin_by_time() const {
  return next_ < peers_.size() && kernel_picks_port();
}

std::error_code Race::begin(Attempt& attempt) {
  for (;;) {
    ++attempt.begun;
    Result<os::Begun> begun = options_.begin(*attempt.peer, options_.local);
    if (begun) {
      assert(begun->fd);
      attempt.socket = *std::move(begun);
      return {};
    }
    if (!is_kernels_mistake(begun.error()) || attempt.begun >= kAttemptsMax) {
      return begun.error();
    }
  }
}

// Sleeps until an attempt may have ended, or the next one is to begin.
std::error_code Race::sleep() {
  polled_.clear();
  int limit_ms = os::left_ms(std::min(options_.deadline, next_at_));
  for (const Attempt& attempt : under_way_) {
    const bool queue_full = attempt.socket.queue_full;
    polled_.push_back({.fd = queue_full ? -1 : attempt.socket.fd.get(),
                       .events = POLLOUT,
                       .revents = 0});
    if (queue_full && limit_ms != 0) limit_ms = kQueuePauseMs;
  }
  const int ready = ::poll(polled_.data(), polled_.size(), limit_ms);
  return ready < 0 && errno != EINTR ? last_system_error() : std::error_code();
}

// Returns the connection if `attempt` has won. If it has failed, begins it
// again or closes its socket.
std::optional<Connected> Race::look_at(Attempt& attempt, bool is_ready) {
  std::error_code error;
  if (attempt.socket.queue_full) {
    error = os::continue_connect(attempt.socket, *attempt.peer);
  } else if (is_ready) {
    error = result_of(attempt);
    if (!error) return Connected{std::move(attempt.socket.fd), *attempt.peer};
    if (is_kernels_mistake(error) && attempt.begun < kAttemptsMax) {
      error = begin(attempt);
    }
  }
  if (error) {
    attempt.socket.fd.reset();
    note_failure(attempt, error);
  }
  return std::nullopt;
}

// No error when the socket is connected to a peer that is not itself. A socket
// that may not be connected to itself gets EADDRNOTAVAIL: its port was a wrong
// choice.
std::error_code Race::result_of(const Attempt& attempt) const {
  const int fd = attempt.socket.fd.get();
  if (const auto error = os::connect_result(fd)) return error;
  if (!kernel_picks_port() || !os::is_self_connected(fd)) return {};
  return make_error_code(attempt.begun < kAttemptsMax
                             ? std::errc::address_not_available
                             : std::errc::connection_refused);
}

// The kernel has picked a near port that does not do.
bool Race::is_kernels_mistake(std::error_code error) const {
  return kernel_picks_port() && error == std::errc::address_not_available;
}

void Race::note_failure(const Attempt& attempt, std::error_code error) {
  assert(error);
  if (attempt.index == 0) first_error_ = error;
}

}  // namespace

Result<Connected> connect_first(std::span<const Address> peers,
                                const ConnectOptions& options) {
  assert(!peers.empty());
  assert(options.begin != nullptr);
  return Race(peers, options).run();
}

os::Addresses interleave_families(const os::Addresses& addresses) {
  if (addresses.empty()) return {};
  const int first = addresses.front().family();
  os::Addresses ours;
  os::Addresses others;
  for (const Address& it : addresses)
    (it.family() == first ? ours : others).push_back(it);
  os::Addresses mixed;
  for (std::size_t i = 0; i < std::max(ours.size(), others.size()); ++i) {
    if (i < ours.size()) mixed.push_back(ours[i]);
    if (i < others.size()) mixed.push_back(others[i]);
  }
  return mixed;
}

}  // namespace netpoll
