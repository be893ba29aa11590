// SPDX-License-Identifier: Apache-2.0
// Pages, names and batches as the seed has them. What an answer costs is seen
// from outside: by the segments that come over TCP, and by the memory of the
// pool while a peer does not read.
#include <gtest/gtest.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "labs/seed.h"
#include "netpoll/client/dialer.h"
#include "netpoll/mcache/mcache.h"
#include "netpoll/os/socket.h"
#include "page_server.h"
#include "support/net.h"
#include "support/tcp.h"

namespace {

using netpoll::test::Seeded;
using Pages = std::map<std::string, std::string>;
constexpr std::size_t kHead = 8;  // bytes in front of a page

// Some pages with names of their own.
Pages some_pages(Seeded& numbers, std::size_t least, std::size_t most) {
  Pages pages;
  for (const std::size_t size : numbers.sizes(4, least, most)) {
    const std::string name = numbers.text(numbers.between(20, 120));
    pages.emplace(name + std::to_string(pages.size()), numbers.text(size));
  }
  return pages;
}

std::string answer_of(const std::string& page) {
  const std::string digits = std::to_string(page.size());
  return std::string(kHead - digits.size(), '0') + digits + page;
}

// A server of `pages`, and one client of it.
class Served {
 public:
  Served(const Pages& pages, netpoll::test::Pair pair)
      : server_(pages), far_(std::move(pair.far)) {
    ::signal(SIGPIPE, SIG_IGN);  // a closed connection fails a test
    conn_.emplace(
        *netpoll::adopt(*runtime_, std::move(pair.near),
                        {.on_request = [this](netpoll::Connection& conn) {
                          server_.on_request(conn);
                        }}));
  }

  int far() const { return far_.get(); }
  void ask(const std::string& requests) const {
    ASSERT_TRUE(netpoll::test::send_all(far(), requests));
  }
  // What comes, up to so many bytes; waits two seconds at most for each part.
  std::string take(std::size_t size) const {
    std::string got;
    while (got.size() < size && answers()) {
      const std::string more = netpoll::test::receive(
          far(), std::min<std::size_t>(size - got.size(), waiting()));
      if (more.empty()) break;
      got += more;
    }
    return got;
  }
  bool answers() const {
    pollfd one{.fd = far(), .events = POLLIN, .revents = 0};
    return ::poll(&one, 1, 2000) == 1;
  }

 private:
  std::size_t waiting() const {
    return std::max<std::size_t>(1, netpoll::os::bytes_waiting(far()));
  }

  const PageServer server_;
  const std::unique_ptr<netpoll::Runtime> runtime_ = *netpoll::Runtime::start(
      {.pollers = 1, .runner = netpoll::RunBy::inline_on_poller});
  netpoll::UniqueFd far_;
  std::optional<netpoll::DialedConnection> conn_;
};

// Segments with data that have come.
unsigned segments(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  EXPECT_EQ(::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
  return info.tcpi_data_segs_in;
}

// One send of so few bytes is one segment: a segment of loopback has 64 KiB. (A
// kernel that does not count segments says 0.)
TEST(PagesHidden, ABatchOfAnswersIsOneSegment) {
  Seeded numbers("PagesHidden.Batch");
  const Pages pages = some_pages(numbers, 1, 1500);
  const Served served(pages, netpoll::test::tcp_pair());
  for (const std::size_t batch : numbers.sizes(6, 1, 8)) {
    std::string requests;
    std::string expected;
    for (std::size_t i = 0; i < batch; ++i) {
      const auto page = std::next(pages.begin(), numbers.between(0, 3));
      requests += page->first + '\n';
      expected += answer_of(page->second);
    }
    const unsigned before = segments(served.far());
    served.ask(requests);
    ASSERT_EQ(served.take(expected.size()), expected)
        << batch << " requests had come at once";
    EXPECT_LE(segments(served.far()) - before, 1U)
        << "so many parts came for " << batch << " requests, sent at once";
  }
}

TEST(PagesHidden, WhatThePeerDoesNotReadIsNoCopy) {
  Seeded numbers("PagesHidden.Copy");
  const Pages pages = some_pages(numbers, 700'000, 1'500'000);
  const Served served(pages, netpoll::test::socket_pair());
  const auto& [name, page] = *std::next(pages.begin(), numbers.between(0, 3));
  const std::size_t before = netpoll::mcache::stats().in_use_bytes;
  served.ask(name + '\n');
  // Once a byte behind the head has come, a copy has been made if there is one.
  ASSERT_TRUE(netpoll::test::within(std::chrono::seconds(2), [&] {
    return netpoll::os::bytes_waiting(served.far()) > kHead;
  })) << "no page comes";
  const std::size_t now = netpoll::mcache::stats().in_use_bytes;
  EXPECT_LT(now > before ? now - before : 0, page.size() / 2)
      << "bytes of the pool while the peer does not read a page of "
      << page.size() << ": there is a copy of the page among them";
  EXPECT_TRUE(served.take(page.size() + kHead) == answer_of(page))
      << "the page does not come as it is";
}

}  // namespace
