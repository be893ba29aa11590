// SPDX-License-Identifier: Apache-2.0
//
// speed_paths PATH COUNT: walks one path through the library COUNT times, and
// nothing else. The gate `check speed` runs it under callgrind with two counts;
// the difference, divided by the difference of the counts, is what one walk
// costs in instructions, without the start and the end of the program.
//
// Then prints, as JSON, what the second half of the walks has used: allocations
// (of the system, also by mcache), locks, and bytes that were copied.
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
#include <utility>
#include <vector>

#include "netpoll/base/trigger.h"
#include "netpoll/mcache/mcache.h"
#include "netpoll/netpoll.h"
#include "used.h"

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
      : fd_(fd), message_(bytes, 'x'), count_(count), left_(count) {}

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
    --left_;
    if (left_ == count_ / 2) used_ = Used::now();
    if (left_ > 0) return send();
    used_ = Used::now() - used_;
    done_.pull();
  }
  Used wait() {
    done_.wait();
    return used_;
  }

 private:
  const int fd_;
  std::vector<char> message_;
  const std::size_t count_;
  std::size_t left_;
  Used used_;
  std::size_t received_ = 0;
  netpoll::Trigger done_;
};

std::array<int, 2> socket_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) != 0) {
    fail("no socketpair");
  }
  return ends;
}

Used walk_echo(std::size_t count, std::size_t bytes,
               void (*answer)(Connection&),
               netpoll::RunBy runner = netpoll::RunBy::inline_on_poller) {
  const std::array<int, 2> ends = socket_pair();
  const int room = 1 << 20;  // a message fits into a socket
  for (const int fd : ends)
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  Client client(ends[1], bytes, count);
  const auto runtime =
      netpoll::Runtime::start({.pollers = 1, .runner = runner});
  if (!runtime) fail("no runtime");
  const auto handle = [answer, &client](Connection& conn) {
    answer(conn);
    client.take();
  };
  auto served = netpoll::adopt(**runtime, netpoll::UniqueFd(ends[0]),
                               {.on_request = handle});
  if (!served) fail("cannot adopt");
  client.send();
  const Used used = client.wait();
  (*served)->close();
  ::close(ends[1]);
  return used;
}

// Calls `walk` `count` times.
Used repeat(std::size_t count, const auto& walk) {
  Used before;
  for (std::size_t i = 0; i < count; ++i) {
    if (i == count - count / 2) before = Used::now();
    walk();
  }
  return Used::now() - before;
}

// A writer fills 4 KiB, a reader takes them in pieces of 128 bytes.
Used walk_buffer(std::size_t count) {
  LinkBuffer buffer;
  return repeat(count, [&buffer] {
    static_cast<void>(buffer.malloc(4 * kKib));
    buffer.flush();
    for (std::size_t taken = 0; taken < 4 * kKib; taken += 128) {
      if (!buffer.next(128)) fail("cannot read");
    }
    buffer.release();
  });
}

Used walk_mcache(std::size_t count) {
  return repeat(
      count, [] { netpoll::mcache::free(netpoll::mcache::malloc(8 * kKib)); });
}

// Sixteen packets are added to a ShardQueue, and one flush sends them. All is
// done on the only worker of a pool: the consumer that the first add() starts
// waits in the pool's queue until the walk ends. The last packet begins the
// next walk.
class ShardWalk {
 public:
  ShardWalk(netpoll::Runtime& runtime, Connection& conn, int far,
            std::size_t count)
      : runtime_(runtime),
        queue_(runtime, conn, 4),
        far_(far),
        count_(count),
        left_(count) {}

  Used run() {
    go();
    done_.wait();
    if (queue_.close()) fail("cannot send");
    return used_;
  }

 private:
  void go() {
    if (!runtime_.workers().go([this] { walk(); })) fail("no worker");
  }
  void walk() {
    if (left_ < count_) take();
    if (left_ == count_ / 2) begun_ = Used::now();
    if (left_ == 0) {
      used_ = Used::now() - begun_;
      return done_.pull();
    }
    --left_;
    for (std::size_t i = 0; i < kPackets; ++i) {
      const bool last = i + 1 == kPackets;
      const bool added = queue_.add([this, last](LinkBuffer& packets) {
        packets.write_string("0123456789abcdef");
        if (last) go();
      });
      if (!added) fail("cannot add");
    }
  }
  void take() {
    std::array<char, 16 * kPackets> packets{};
    if (std::cmp_not_equal(::recv(far_, packets.data(), packets.size(), 0),
                           packets.size())) {
      fail("a packet is missing");
    }
  }

  static constexpr std::size_t kPackets = 16;

  netpoll::Runtime& runtime_;
  netpoll::ShardQueue queue_;
  const int far_;
  const std::size_t count_;
  std::size_t left_;
  Used begun_;
  Used used_;
  netpoll::Trigger done_;
};

Used walk_shards(std::size_t count) {
  const std::array<int, 2> ends = socket_pair();
  const netpoll::UniqueFd far(ends[1]);
  const auto runtime =
      netpoll::Runtime::start({.pollers = 1, .workers = {.cap = 1}});
  if (!runtime) fail("no runtime");
  auto conn = netpoll::adopt(**runtime, netpoll::UniqueFd(ends[0]),
                             netpoll::Handlers{});
  if (!conn) fail("cannot adopt");
  const Used used = ShardWalk(**runtime, **conn, far.get(), count).run();
  (*conn)->close();
  return used;
}

using Walk = Used (*)(std::size_t count);

const std::map<std::string_view, Walk> kPaths = {
    {"echo_64", [](std::size_t n) { return walk_echo(n, 64, echo); }},
    {"echo_1k", [](std::size_t n) { return walk_echo(n, kKib, echo); }},
    {"echo_64k", [](std::size_t n) { return walk_echo(n, 64 * kKib, echo); }},
    {"slice_64", [](std::size_t n) { return walk_echo(n, 64, echo_slice); }},
    {"slice_64k",
     [](std::size_t n) { return walk_echo(n, 64 * kKib, echo_slice); }},
    {"pool_1k",
     [](std::size_t n) {
       return walk_echo(n, kKib, echo, netpoll::RunBy::pool);
     }},
    {"shards", walk_shards},
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
  const Used used = path->second(count);
  std::printf(
      "{\"walks\": %zu, \"allocations\": %llu, \"locks\": %llu, "
      "\"copied\": %llu}\n",
      count / 2, used.allocations, used.locks, used.copied);
}
