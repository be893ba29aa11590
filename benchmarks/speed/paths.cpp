// SPDX-License-Identifier: Apache-2.0
//
// speed_paths PATH COUNT: walks one path through the library COUNT times, and
// nothing else. The gate `check speed` runs it with two counts, under callgrind
// and strace; the difference, divided by the difference of the counts, is what
// one walk costs, without the start and the end of the program.
//
// On a path that echoes, the client is a part of the handler: when the answer
// is sent, it takes the answer at the other end of a socketpair and sends the
// next request. So all work is done by one thread, and each walk is the same.

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string_view>
#include <vector>

#include "netpoll/base/trigger.h"
#include "netpoll/mcache/mcache.h"
#include "netpoll/netpoll.h"

namespace {

using netpoll::Connection;
using netpoll::LinkBuffer;

constexpr std::size_t kKib = 1024;

[[noreturn]] void fail(std::string_view what) {
  std::fprintf(stderr, "speed_paths: %.*s\n", static_cast<int>(what.size()),
               what.data());
  std::exit(1);
}

// As programs/echo_server.cpp answers.
void echo(Connection& conn) {
  netpoll::Input& in = conn.reader();
  const auto size = in.read(conn.writer().malloc(in.size()));
  if (!size || conn.writer().flush()) fail("cannot echo");
}

// The idiom that copies nothing.
void echo_slice(Connection& conn) {
  auto all = conn.reader().slice(conn.reader().size());
  if (!all) fail("cannot slice");
  conn.writer().append(*std::move(all));
  if (conn.writer().flush()) fail("cannot echo");
}

// The client's end of the socketpair: one request is in flight.
class Client {
 public:
  Client(int fd, std::size_t bytes, std::size_t count)
      : fd_(fd), message_(bytes, 'x'), left_(count) {}

  void send() {
    const auto sent = ::send(fd_, message_.data(), message_.size(), 0);
    if (sent != static_cast<ssize_t>(message_.size())) fail("cannot send");
  }
  // Takes what has come of the answer. When it is whole, sends the next request
  // or, after the last, wakes wait().
  void take() {
    const auto got = ::recv(fd_, message_.data(), message_.size(), 0);
    if (got <= 0) fail("no answer");
    received_ += static_cast<std::size_t>(got);
    if (received_ < message_.size()) return;
    received_ = 0;
    if (--left_ > 0) return send();
    done_.pull();
  }
  void wait() { done_.wait(); }

 private:
  const int fd_;
  std::vector<char> message_;
  std::size_t left_;
  std::size_t received_ = 0;
  netpoll::Trigger done_;
};

void walk_echo(std::size_t count, std::size_t bytes,
               void (*answer)(Connection&)) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) != 0) {
    fail("no socketpair");
  }
  const int room = 1 << 20;  // a message fits into a socket
  for (const int fd : ends)
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  Client client(ends[1], bytes, count);
  const auto runtime = netpoll::Runtime::start(
      {.pollers = 1, .runner = netpoll::RunBy::inline_on_poller});
  if (!runtime) fail("no runtime");
  const auto handle = [answer, &client](Connection& conn) {
    answer(conn);
    client.take();
  };
  auto served = netpoll::adopt(**runtime, netpoll::UniqueFd(ends[0]),
                               {.on_request = handle});
  if (!served) fail("cannot adopt");
  client.send();
  client.wait();
  (*served)->close();
  ::close(ends[1]);
}

// A writer fills 4 KiB, a reader takes them in pieces of 128 bytes.
void walk_buffer(std::size_t count) {
  LinkBuffer buffer;
  for (std::size_t i = 0; i < count; ++i) {
    static_cast<void>(buffer.malloc(4 * kKib));
    buffer.flush();
    for (std::size_t taken = 0; taken < 4 * kKib; taken += 128) {
      if (!buffer.next(128)) fail("cannot read");
    }
    buffer.release();
  }
}

void walk_mcache(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    netpoll::mcache::free(netpoll::mcache::malloc(8 * kKib));
}

using Walk = void (*)(std::size_t count);

const std::map<std::string_view, Walk> kPaths = {
    {"echo_64", [](std::size_t n) { walk_echo(n, 64, echo); }},
    {"echo_1k", [](std::size_t n) { walk_echo(n, kKib, echo); }},
    {"echo_64k", [](std::size_t n) { walk_echo(n, 64 * kKib, echo); }},
    {"slice_64", [](std::size_t n) { walk_echo(n, 64, echo_slice); }},
    {"slice_1k", [](std::size_t n) { walk_echo(n, kKib, echo_slice); }},
    {"slice_64k", [](std::size_t n) { walk_echo(n, 64 * kKib, echo_slice); }},
    {"buffer", walk_buffer},
    {"mcache", walk_mcache},
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view name = argc == 3 ? argv[1] : "";
  const std::string_view text = argc == 3 ? argv[2] : "";
  std::size_t count = 0;
  const auto read =
      std::from_chars(text.data(), text.data() + text.size(), count);
  const auto path = kPaths.find(name);
  if (path == kPaths.end() || read.ec != std::errc() || count == 0) {
    std::fprintf(stderr, "usage: speed_paths PATH COUNT; a PATH is one of\n");
    for (const auto& [known, walk] : kPaths)
      std::fprintf(stderr, "  %.*s\n", static_cast<int>(known.size()),
                   known.data());
    return 2;
  }
  path->second(count);
}
