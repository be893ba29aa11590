// SPDX-License-Identifier: Apache-2.0
// Requests of sizes that the seed chooses, some at once and cut where it says.
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "labs/seed.h"
#include "netpoll/client/dialer.h"
#include "netpoll/os/socket.h"
#include "sort_server.h"
#include "support/net.h"

namespace {

using netpoll::test::Seeded;
using Numbers = std::vector<std::uint32_t>;

void append(std::string& bytes, std::uint32_t number) {
  for (const int shift : {24, 16, 8, 0})
    bytes += static_cast<char>(number >> shift & 0xff);
}

std::string frame(const Numbers& numbers) {
  std::string bytes;
  append(bytes, static_cast<std::uint32_t>(numbers.size()));
  for (const std::uint32_t number : numbers)
    append(bytes, number);
  return bytes;
}

// Some are equal, and some need all 32 bits.
Numbers some(Seeded& numbers, std::size_t count) {
  Numbers all(count);
  for (std::uint32_t& number : all) {
    const std::size_t bits = numbers.between(1, 32);
    number = static_cast<std::uint32_t>(
        numbers.between(0, (std::uint64_t{1} << bits) - 1));
  }
  return all;
}

class SortHidden : public testing::Test {
 protected:
  SortHidden() {
    ::signal(SIGPIPE, SIG_IGN);  // a closed connection fails a test
    netpoll::test::Pair pair = netpoll::test::socket_pair();
    far_ = std::move(pair.far);
    served_.emplace(*netpoll::adopt(*runtime_, std::move(pair.near),
                                    {.on_request = sort_request}));
  }

  // What comes, up to so many bytes; waits two seconds at most for each part.
  std::string take(std::size_t size) const {
    std::string got;
    while (got.size() < size) {
      pollfd one{.fd = far_.get(), .events = POLLIN, .revents = 0};
      if (::poll(&one, 1, 2000) != 1) break;
      const std::size_t there = netpoll::os::bytes_waiting(far_.get());
      const std::string more = netpoll::test::receive(
          far_.get(), std::clamp<std::size_t>(there, 1, size - got.size()));
      if (more.empty()) break;
      got += more;
    }
    return got;
  }

  // How many bytes of answers the requests that have been sent whole have: an
  // answer is as long as its request.
  static std::size_t due(std::string_view requests, std::string_view unsent) {
    const std::size_t sent = requests.size() - unsent.size();
    std::size_t whole = 0;
    while (whole + 4 <= sent) {
      std::size_t count = 0;
      for (const char byte : requests.substr(whole, 4))
        count = count << 8 | static_cast<unsigned char>(byte);
      if (whole + 4 + 4 * count > sent) break;
      whole += 4 + 4 * count;
    }
    return whole;
  }

  const std::unique_ptr<netpoll::Runtime> runtime_ = *netpoll::Runtime::start(
      {.pollers = 1, .runner = netpoll::RunBy::inline_on_poller});
  netpoll::UniqueFd far_;
  std::optional<netpoll::DialedConnection> served_;
};

TEST_F(SortHidden, ABatchThatIsCutAnywhereIsSorted) {
  Seeded numbers("SortHidden.Batch");
  for (int batch = 0; batch < 8; ++batch) {
    std::string requests;
    std::string expected;
    for (const std::size_t count :
         numbers.sizes(numbers.between(1, 6), 0, 300)) {
      Numbers some_numbers = some(numbers, numbers.once_in(4) ? 0 : count);
      requests += frame(some_numbers);
      std::ranges::sort(some_numbers);
      expected += frame(some_numbers);
    }
    std::string_view rest = requests;
    std::string got;
    for (const std::size_t piece : numbers.cuts(requests.size())) {
      ASSERT_TRUE(netpoll::test::send_all(far_.get(), rest.substr(0, piece)));
      rest.remove_prefix(piece);
      // Sometimes all that is answered by now, so that the pieces do not meet.
      if (numbers.once_in(2)) got += take(due(requests, rest) - got.size());
    }
    got += take(expected.size() - got.size());
    ASSERT_EQ(got.size(), expected.size()) << "so many bytes of the answers";
    ASSERT_TRUE(got == expected) << "the answers are not those of the requests";
  }
}

}  // namespace
