// SPDX-License-Identifier: Apache-2.0
//
// A peer that reads nothing for a while. One thread writes 4 MiB and flushes;
// the program looks from outside, before the peer reads and after.
//
//    slow_peer            the table
//    slow_peer numbers    how many bytes went out before the flush had to wait;
//                         the kernel's buffers decide, so it differs

#include <sys/epoll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdio>
#include <future>
#include <string>
#include <string_view>

#include "looks.h"
#include "netpoll/netpoll.h"

namespace {

constexpr std::size_t kMuch = 4 * 1024 * 1024;
constexpr std::chrono::seconds kPatience{20};  // so that the program ends

// Reads `n` bytes as the peer does, blocking; fewer if the stream ends.
std::string receive(int fd, std::size_t n) {
  std::string got(n, ' ');
  std::size_t have = 0;
  while (have < n) {
    const auto some = ::recv(fd, got.data() + have, n - have, 0);
    if (some <= 0) break;
    have += static_cast<std::size_t>(some);
  }
  got.resize(have);
  return got;
}

void row(const char* when, const char* flush, int fd,
         const netpoll::Output& output) {
  std::printf("%-26s %-14s %-9s %s\n", when, flush,
              (demo::watched(fd) & EPOLLOUT) != 0 ? "yes" : "no",
              output.is_empty() ? "all" : "a part");
}

}  // namespace

int main(int argc, char** argv) {
  const bool numbers = argc == 2 && std::string_view(argv[1]) == "numbers";
  auto runtime = *netpoll::Runtime::start({.pollers = 1});
  demo::Pair pair = demo::make_pair();
  const int fd = pair.near.get();
  auto conn = *netpoll::adopt(*runtime, std::move(pair.near));
  conn->set_write_timeout(kPatience);
  netpoll::Output& output = conn->writer();
  const auto flush = [&] { return output.flush(); };
  const auto armed = [&] { return (demo::watched(fd) & EPOLLOUT) != 0; };

  std::string text;
  while (text.size() < kMuch)
    text += std::to_string(text.size()) + ' ';
  if (!numbers)
    std::puts("when                       flush()        EPOLLOUT  sent");
  output.write_string("hello\n");
  if (flush()) return 1;
  if (!numbers) row("six bytes", "has returned", fd, output);

  output.write_string(text);
  auto first = std::async(std::launch::async, flush);
  if (!demo::eventually(armed)) return 1;
  if (numbers) {
    std::printf("sent before it waited: %zu bytes\n",
                static_cast<std::size_t>(output.sent()));
  } else {
    row("4 MiB, nobody reads", "waits", fd, output);
  }
  bool same = receive(pair.far.get(), 6 + text.size()) == "hello\n" + text;
  if (first.get()) return 1;
  if (numbers) return same ? 0 : 1;
  row("the peer has read it", "has returned", fd, output);

  conn->set_write_timeout(std::chrono::milliseconds(50));
  output.write_string(text);
  const bool late = flush() == netpoll::Errc::write_timeout;
  row("4 MiB more, 50 ms", late ? "write_timeout" : "?", fd, output);

  conn->set_write_timeout(kPatience);
  output.write_string("end\n");
  auto second = std::async(std::launch::async, flush);
  same = receive(pair.far.get(), text.size() + 4) == text + "end\n" && same;
  if (second.get()) return 1;
  row("four bytes, the peer reads", "has returned", fd, output);
  std::printf("each byte came once, in order: %s\n", same ? "yes" : "no");
  return same ? 0 : 1;
}
