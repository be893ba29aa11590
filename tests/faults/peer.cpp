// SPDX-License-Identifier: Apache-2.0
#include "peer.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "control.h"

namespace netpoll::faults {
namespace {

constexpr std::size_t kPiece = 64 * 1024;

void set_small(int fd, int option) {
  const int size = 4096;
  ::setsockopt(fd, SOL_SOCKET, option, &size, sizeof size);
}

void send_some(Talk& talk) {
  while (talk.sent < talk.says.size() && !talk.ended) {
    const auto rest = std::string_view(talk.says).substr(talk.sent);
    const ssize_t n = ::send(talk.fd.get(), rest.data(), rest.size(),
                             MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return;
    if (n < 0) {
      talk.sent = talk.says.size();  // the far end has closed; what it said
      return;                        // before may still be there
    }
    talk.sent += static_cast<std::size_t>(n);
  }
}

void hear_some(Talk& talk) {
  std::array<char, kPiece> room;
  const ssize_t n =
      ::recv(talk.fd.get(), room.data(), room.size(), MSG_DONTWAIT);
  if (n > 0) talk.heard.append(room.data(), static_cast<std::size_t>(n));
  if (n == 0 || (n < 0 && errno != EAGAIN)) talk.ended = true;
}

// Sends and receives until `is_over` holds for each of `talks`.
template <class IsOver>
void carry_on(Stage& stage, std::span<Talk> talks, IsOver is_over) {
  const Deadline limit = deadline_after(kPatience);
  for (;;) {
    std::vector<pollfd> polled;
    for (Talk& talk : talks) {
      const bool sends = talk.sent < talk.says.size();
      const short events = sends ? POLLIN | POLLOUT : POLLIN;
      const int fd = is_over(talk) ? -1 : talk.fd.get();
      polled.push_back({.fd = fd, .events = events, .revents = 0});
    }
    const auto waits = [](const pollfd& it) { return it.fd >= 0; };
    if (std::ranges::none_of(polled, waits)) return;
    if (Deadline::clock::now() > limit) return stage.hang("bytes");
    ::poll(polled.data(), polled.size(), 100);
    for (std::size_t i = 0; i < talks.size(); ++i) {
      if ((polled[i].revents & POLLOUT) != 0) send_some(talks[i]);
      if ((polled[i].revents & ~POLLOUT) != 0) hear_some(talks[i]);
    }
  }
}

}  // namespace

std::string text(std::size_t size, unsigned seed) {
  std::string made;
  made.reserve(size + 16);
  for (unsigned i = seed * 1'000'000; made.size() < size; ++i)
    made += std::to_string(i) + ' ';
  made.resize(size);
  return made;
}

UniqueFd connect_plainly(const Address& address, bool small) {
  UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd.get() <= STDERR_FILENO) {  // left free for the library to find
    fd.reset(::fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  }
  if (small) set_small(fd.get(), SO_RCVBUF);
  if (::connect(fd.get(), address.data(), address.size()) != 0) fd.reset();
  return fd;
}

UniqueFd listen_plainly() {
  const auto any = Address::parse("tcp", "127.0.0.1:0");
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ::bind(fd.get(), any->data(), any->size());
  ::listen(fd.get(), 16);
  return fd;
}

void converse(Stage& stage, std::span<Talk> talks) {
  carry_on(stage, talks, [](const Talk& talk) { return talk.is_over(); });
}

void end(Stage& stage, std::span<Talk> talks) {
  for (const Talk& talk : talks)
    ::shutdown(talk.fd.get(), SHUT_WR);
  carry_on(stage, talks, [](const Talk& talk) { return talk.ended; });
}

void hear_end(Stage& stage, std::span<Talk> talks) {
  carry_on(stage, talks, [](Talk& talk) {
    if (talk.ended) talk.fd.reset();
    return talk.ended;
  });
}

void judge(Stage& stage, std::span<const Talk> talks) {
  for (const Talk& talk : talks) {
    const std::string_view wanted = talk.wants;
    const std::size_t size = std::min(wanted.size(), talk.heard.size());
    const bool right = talk.heard.size() <= wanted.size() &&
                       talk.heard.starts_with(wanted.substr(0, size));
    if (!right)
      stage.lose(std::max(wanted.size(), talk.heard.size()) - size + 1);
    stage.count(right && talk.heard.size() == wanted.size());
  }
}

PlainServer::PlainServer(bool answers)
    : answers_(answers),
      listener_(listen_plainly()),
      wake_(::eventfd(0, EFD_CLOEXEC)),
      address_(*Address::local_of(listener_.get())),
      thread_([this] { serve(); }) {}

PlainServer::~PlainServer() {
  static_cast<void>(heard());
}

std::string PlainServer::heard() {
  const std::uint64_t one = 1;
  static_cast<void>(::write(wake_.get(), &one, sizeof one) == sizeof one);
  if (thread_.joinable()) thread_.join();
  return heard_;
}

void PlainServer::serve() {
  const Spared spared;
  const Deadline limit = deadline_after(2 * kPatience);
  bool ends = false;
  while (Deadline::clock::now() < limit) {
    std::vector<pollfd> polled{{listener_.get(), POLLIN, 0},
                               {ends ? -1 : wake_.get(), POLLIN, 0}};
    bool busy = false;
    for (const Guest& guest : guests_) {
      const short out = guest.unsent.empty() ? 0 : POLLOUT;
      const short in = guest.ended ? 0 : POLLIN;
      const int fd = in + out != 0 ? guest.fd.get() : -1;
      busy = busy || fd >= 0;
      polled.push_back({fd, static_cast<short>(in | out), 0});
    }
    if (ends && !busy) return;
    ::poll(polled.data(), polled.size(), 100);
    ends = ends || polled[1].revents != 0;
    for (std::size_t i = 0; i < guests_.size(); ++i)
      if (polled[i + 2].revents != 0)
        look_at(guests_[i], polled[i + 2].revents);
    if (polled[0].revents != 0) {
      guests_.push_back({UniqueFd(::accept4(listener_.get(), nullptr, nullptr,
                                            SOCK_NONBLOCK | SOCK_CLOEXEC))});
    }
  }
}

// Hears and answers once; closes the socket when the client has ended.
void PlainServer::look_at(Guest& guest, short events) {
  std::array<char, kPiece> room;
  if ((events & ~POLLOUT) != 0 && !guest.ended) {
    const ssize_t n = ::recv(guest.fd.get(), room.data(), room.size(), 0);
    const std::string_view came(room.data(),
                                static_cast<std::size_t>(std::max(n, {})));
    guest.ended = n == 0 || (n < 0 && errno != EAGAIN);
    heard_ += came;
    if (answers_) guest.unsent += came;
  }
  const ssize_t n = ::send(guest.fd.get(), guest.unsent.data(),
                           guest.unsent.size(), MSG_NOSIGNAL);
  if (n > 0) guest.unsent.erase(0, static_cast<std::size_t>(n));
  if (n < 0 && errno != EAGAIN) guest.unsent.clear();
  if (guest.ended && guest.unsent.empty()) guest.fd.reset();
}

}  // namespace netpoll::faults
