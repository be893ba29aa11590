// SPDX-License-Identifier: Apache-2.0
// What the sorting server must answer, and what an answer may cost. Nothing is
// timed: sends, memory of the pool and allocations are counted.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "netpoll/client/dialer.h"
#include "netpoll/mcache/mcache.h"
#include "sort_server.h"
#include "support/net.h"

namespace {

std::atomic<int> g_sends{0};
std::atomic<int> g_allocations{0};

template <class Function>
Function next_of(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

// Used in place of the system's: they count, then call it.
extern "C" ssize_t send(int fd, const void* data, std::size_t size, int flags) {
  using Send = ssize_t (*)(int, const void*, std::size_t, int);
  static const auto real = next_of<Send>("send");
  ++g_sends;
  return real(fd, data, size, flags);
}
extern "C" ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  using SendMsg = ssize_t (*)(int, const msghdr*, int);
  static const auto real = next_of<SendMsg>("sendmsg");
  ++g_sends;
  return real(fd, message, flags);
}
void* operator new(std::size_t size) {
  ++g_allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace {

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

std::string sorted(Numbers numbers) {
  std::ranges::sort(numbers);
  return frame(numbers);
}

// The same numbers in every run.
Numbers some(std::size_t count) {
  std::minstd_rand random(7);
  Numbers numbers(count);
  std::ranges::generate(
      numbers, [&] { return static_cast<std::uint32_t>(random()) * 2; });
  return numbers;
}

// What the bytes of an answer say, for a message.
std::string shown(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i + 4 <= bytes.size() && i < 40; i += 4) {
    std::uint32_t number = 0;
    for (const char byte : bytes.substr(i, 4))
      number = number << 8 | static_cast<unsigned char>(byte);
    text += (i == 0 ? "" : " ") + std::to_string(number);
  }
  return text;
}

// The first wait that is in vain is long, the later ones are short.
std::atomic<bool> g_waited_in_vain{false};

// One connection to the server.
class Client {
 public:
  explicit Client(netpoll::Runtime& runtime)
      : Client(runtime, netpoll::test::socket_pair()) {}

  void ask(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t n = ::write(far_.get(), bytes.data(), bytes.size());
      if (n <= 0) return;  // the server has closed; take() finds out
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  // Up to so many bytes; fewer if the server closes or does not answer.
  std::string take(std::size_t size) {
    std::string got(size, ' ');
    got.resize(take_into(got.data(), size));
    return got;
  }
  std::size_t take_into(char* room, std::size_t size) {
    const timeval limit{.tv_sec = g_waited_in_vain ? 0 : 2,
                        .tv_usec = g_waited_in_vain ? 50'000 : 0};
    ::setsockopt(far_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    std::size_t count = 0;
    while (count < size) {
      const ssize_t n = ::read(far_.get(), room + count, size - count);
      closed_ = n == 0 || (n < 0 && errno == ECONNRESET);
      if (n < 0 && !closed_) g_waited_in_vain = true;
      if (n <= 0) break;
      count += static_cast<std::size_t>(n);
    }
    return count;
  }
  // "right", or what came instead.
  std::string judged(const std::string& expected) {
    const std::string got = take(expected.size());
    if (got == expected) return "right";
    if (got.size() < expected.size()) {
      return std::to_string(got.size()) + " bytes of " +
             std::to_string(expected.size()) + (closed_ ? ", closed" : "");
    }
    return "the answer begins with " + shown(got);
  }
  bool closed() const { return closed_; }

 private:
  Client(netpoll::Runtime& runtime, netpoll::test::Pair pair)
      : far_(std::move(pair.far)),
        served_(*netpoll::adopt(runtime, std::move(pair.near),
                                {.on_request = sort_request})) {}

  netpoll::UniqueFd far_;
  netpoll::DialedConnection served_;
  bool closed_ = false;
};

class SortExercise : public testing::Test {
 protected:
  SortExercise() {
    ::signal(SIGPIPE, SIG_IGN);  // a closed connection fails a test
  }
  void warm_up(const Numbers& numbers) {
    for (int i = 0; i < 4; ++i) {
      client_.ask(frame(numbers));
      ASSERT_EQ(client_.judged(sorted(numbers)), "right");
    }
  }

  const std::unique_ptr<netpoll::Runtime> runtime_ = *netpoll::Runtime::start(
      {.pollers = 1, .runner = netpoll::RunBy::inline_on_poller});
  Client client_{*runtime_};
};

TEST_F(SortExercise, TheSmallestComesFirst) {
  client_.ask(frame({3, 1, 2}));
  EXPECT_EQ(client_.judged(sorted({3, 1, 2})), "right")
      << "3 numbers were sent: 3 1 2";
}

TEST_F(SortExercise, TheMostSignificantByteIsTheFirst) {
  client_.ask(frame({256, 1, 65536}));
  EXPECT_EQ(client_.judged(sorted({256, 1, 65536})), "right")
      << "3 numbers were sent: 256 1 65536";
}

TEST_F(SortExercise, NumbersHaveNoSign) {
  client_.ask(frame({0xffffffff, 1, 0x80000000}));
  EXPECT_EQ(client_.judged(sorted({0xffffffff, 1, 0x80000000})), "right")
      << "3 numbers were sent: 4294967295 1 2147483648";
}

TEST_F(SortExercise, EqualNumbersAllComeBack) {
  client_.ask(frame({7, 7, 9, 1}));
  EXPECT_EQ(client_.judged(sorted({7, 7, 9, 1})), "right")
      << "4 numbers were sent: 7 7 9 1";
}

TEST_F(SortExercise, NoNumbersAreAnsweredToo) {
  client_.ask(frame({}));
  EXPECT_EQ(client_.judged(sorted({})), "right")
      << "a count of 0 was sent, and no number";
}

TEST_F(SortExercise, ARequestThatIsCutWaitsForItsRest) {
  const std::string whole = frame({5, 4});
  for (const std::size_t cut : {1U, 4U, 6U, 11U}) {
    client_.ask(frame({2, 1}) + whole.substr(0, cut));
    ASSERT_EQ(client_.judged(sorted({2, 1})), "right")
        << "a request had come, and " << cut << " bytes of the next one";
    client_.ask(whole.substr(cut));
    ASSERT_EQ(client_.judged(sorted({5, 4})), "right")
        << "then came the bytes from number " << cut << " on";
  }
}

TEST_F(SortExercise, AnswersComeInTheOrderOfTheRequests) {
  client_.ask(frame({9, 8, 7}) + frame({}) + frame({6}) + frame({5, 4}));
  EXPECT_EQ(client_.judged(sorted({9, 8, 7}) + sorted({}) + sorted({6}) +
                           sorted({5, 4})),
            "right");
}

TEST_F(SortExercise, TheLongestRequestIsSorted) {
  const Numbers numbers = some(kNumbersMax);
  client_.ask(frame(numbers));
  EXPECT_EQ(client_.judged(sorted(numbers)), "right")
      << kNumbersMax << " numbers were sent";
}

TEST_F(SortExercise, OneNumberMoreIsRefused) {
  std::string head;
  append(head, kNumbersMax + 1);
  client_.ask(head);
  EXPECT_EQ(client_.take(1), "");
  EXPECT_TRUE(client_.closed())
      << "a count of kNumbersMax + 1 should close the connection";
}

TEST_F(SortExercise, AHugeCountIsRefused) {
  std::string head;
  append(head, 0x40000001);  // four times this is 4, in 32 bits
  client_.ask(head + std::string(4, 'x'));
  EXPECT_EQ(client_.take(1), "");
  EXPECT_TRUE(client_.closed())
      << "a count of 1073741825 should close the connection";
}

TEST_F(SortExercise, ACountAloneGetsNoMemory) {
  warm_up({2, 1});
  if (HasFatalFailure()) return;
  Client other(*runtime_);
  const std::size_t before = netpoll::mcache::stats().in_use_bytes;
  std::string head;
  append(head, kNumbersMax);
  other.ask(head);
  client_.ask(frame({2, 1}));  // both have one poller
  EXPECT_EQ(client_.judged(sorted({2, 1})), "right");
  const std::size_t now = netpoll::mcache::stats().in_use_bytes;
  EXPECT_LT(now > before ? now - before : 0, 64U * 1024)
      << "bytes of the pool for four bytes that have come: a peer that only "
         "promises makes the server pay";
}

TEST_F(SortExercise, OneSendForEightAnswers) {
  const Numbers numbers = some(64);
  warm_up(numbers);
  if (HasFatalFailure()) return;
  std::string requests;
  std::string expected;
  for (int i = 0; i < 8; ++i) {
    requests += frame(numbers);
    expected += sorted(numbers);
  }
  g_sends = 0;
  client_.ask(requests);
  EXPECT_EQ(client_.judged(expected), "right");
  EXPECT_EQ(g_sends, 1)
      << "system calls that sent eight answers, to requests that had come at "
         "once";
}

TEST_F(SortExercise, NoAllocationForARequest) {
  const Numbers numbers = some(1000);
  warm_up(numbers);
  if (HasFatalFailure()) return;
  const std::string request = frame(numbers);
  std::string got(request.size(), ' ');
  const int before = g_allocations;
  client_.ask(request);
  const std::size_t count = client_.take_into(got.data(), got.size());
  const int more = g_allocations - before;
  EXPECT_EQ(count, got.size());
  EXPECT_EQ(more, 0) << "calls of operator new for one request";
}

}  // namespace
