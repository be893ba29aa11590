// SPDX-License-Identifier: Apache-2.0
//
// A reader that takes little, and a peer that sends as much as it can. The
// limit of the input, max_input, is 64 KiB.

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cstdio>
#include <string>
#include <thread>

#include "looks.h"
#include "netpoll/netpoll.h"
#include "netpoll/os/socket.h"

namespace {

constexpr std::size_t kLimit = 64 * 1024;
constexpr std::size_t kAll = 4 * 1024 * 1024;

// What SIOCINQ says: how many bytes the kernel holds for the reader.
const char* kernel_holds(int fd) {
  return netpoll::os::bytes_waiting(fd) > 0 ? "some" : "none";
}

void row(const char* when, int fd, const netpoll::Input& input) {
  std::printf("%-20s %9zu %8zu %8s   %s\n", when,
              static_cast<std::size_t>(input.committed()), input.size(),
              kernel_holds(fd),
              (demo::watched(fd) & EPOLLIN) != 0 ? "yes" : "no");
}

}  // namespace

int main() {
  auto runtime = *netpoll::Runtime::start({.pollers = 1});
  demo::Pair pair = demo::make_pair();
  const int fd = pair.near.get();
  auto conn = *netpoll::adopt(*runtime, std::move(pair.near), {},
                              {.max_input = kLimit});
  netpoll::Input& input = conn->reader();
  // The poller has read `n` bytes in all, and has stopped reading.
  const auto stopped_at = [&](std::size_t n) {
    return demo::eventually([&, n] {
      return input.committed() == n && (demo::watched(fd) & EPOLLIN) == 0 &&
             netpoll::os::bytes_waiting(fd) > 0;
    });
  };
  const std::jthread peer([far = pair.far.get()] {
    const std::string all(kAll, 'x');
    std::size_t sent = 0;
    while (sent < all.size()) {
      const auto some =
          ::send(far, all.data() + sent, all.size() - sent, MSG_NOSIGNAL);
      if (some <= 0) return;
      sent += static_cast<std::size_t>(some);
    }
  });

  std::puts("the reader has         arrived   unread   kernel   EPOLLIN");
  if (!stopped_at(kLimit)) return 1;
  row("taken nothing", fd, input);
  if (input.skip(1024)) return 1;
  row("taken 1 KiB", fd, input);
  if (input.skip(31 * 1024) || !stopped_at(kLimit + 32 * 1024)) return 1;
  row("taken 32 KiB", fd, input);
  const auto view = input.next(200 * 1024);  // more than the limit
  if (!view || !stopped_at(32 * 1024 + 200 * 1024)) return 1;
  row("a view of 200 KiB", fd, input);
  input.release();
  if (!stopped_at(32 * 1024 + 200 * 1024 + kLimit)) return 1;
  row("released it", fd, input);
  if (input.skip(kAll - 232 * 1024)) return 1;  // skips what is left, too
  row("taken all 4 MiB", fd, input);
  return 0;
}
