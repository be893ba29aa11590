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

// How many sockets connect_first() opens for one address at most, one after the
// other. It opens another one only when the kernel has picked a local port that
// cannot be used. Upstream stops at three as well.
constexpr int kAttemptsMax = 3;

// How long to sleep before the next connect(2) on a unix socket, when the
// server's queue of waiting clients was full.
constexpr int kQueuePauseMs = 1;

// One address to which a socket is being connected.
struct Attempt {
  const Address* peer;
  std::size_t index;  // of `peer`, among all addresses
  os::Begun socket{};
  int begun = 0;  // how many sockets were opened for it
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
  std::size_t next_ = 0;       // index of the address to be tried next
  Deadline next_at_ = kNever;  // when to try it, if no attempt fails before
  std::vector<Attempt> under_way_;
  std::vector<pollfd> polled_;   // one for each of under_way_
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

// Begins to connect to the next address. When that fails at once, goes on with
// the address behind it, and so on until one attempt is under way, no address
// is left, or the deadline has come.
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

// Returns true if there is a next address and it may be tried while earlier
// attempts are under way. It may not when the caller has chosen the local port:
// only one socket at a time can be bound to that port.
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

// Sleeps until the socket of an attempt is ready, the next connect(2) is due,
// or the deadline has come. May return earlier. Fails as poll(2) does.
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

// Checks one attempt after sleep(); `is_ready`: poll(2) has reported its
// socket. Returns the connected socket if the attempt has succeeded, else
// nothing. Calls connect(2) again if the queue of a unix server was full. Opens
// a new socket if the kernel has picked a local port that cannot be used. After
// any other failure closes the socket.
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

// How connect(2) on the socket of `attempt` has ended: no error when it is
// connected. TCP can connect a socket to itself when the kernel has picked the
// dialled port as the local port. That counts as EADDRNOTAVAIL, after which
// look_at() tries again. After the last of kAttemptsMax sockets it counts as
// ECONNREFUSED: nobody listens on the dialled port. When the caller has chosen
// the local port, a socket connected to itself counts as connected.
std::error_code Race::result_of(const Attempt& attempt) const {
  const int fd = attempt.socket.fd.get();
  if (const auto error = os::connect_result(fd)) return error;
  if (!kernel_picks_port() || !os::is_self_connected(fd)) return {};
  return make_error_code(attempt.begun < kAttemptsMax
                             ? std::errc::address_not_available
                             : std::errc::connection_refused);
}

// Returns true if `error` means that the kernel has picked a local port that
// cannot be used. Another socket may get a better one.
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
