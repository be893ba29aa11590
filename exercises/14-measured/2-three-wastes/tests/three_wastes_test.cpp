// SPDX-License-Identifier: Apache-2.0
// What the page server must answer, and what an answer may cost. Nothing is
// timed: sends, memory of the pool and allocations are counted.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include "netpoll/client/dialer.h"
#include "netpoll/mcache/mcache.h"
#include "page_server.h"
#include "support/net.h"
#include "support/patience.h"

namespace {

std::atomic<int> g_sends{0};
std::atomic<int> g_allocations{0};
std::atomic<std::size_t> g_pool_most{0};  // in use when something was sent
std::atomic<bool> g_socket_was_full{false};

void count_send() {
  ++g_sends;
  const std::size_t now = netpoll::mcache::stats().in_use_bytes;
  if (now > g_pool_most) g_pool_most = now;
}

// What a send returned; errno stays as it is.
ssize_t noted(ssize_t sent) {
  if (sent < 0 && errno == EAGAIN) g_socket_was_full = true;
  return sent;
}

template <class Function>
Function next_of(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

// Freed memory is overwritten, so that who still sends from it is seen.
void scribble_and_free(void* memory) {
  if (memory == nullptr) return;
  std::memset(memory, '#', ::malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

// Used in place of the system's: they count, then call it.
extern "C" ssize_t send(int fd, const void* data, std::size_t size, int flags) {
  using Send = ssize_t (*)(int, const void*, std::size_t, int);
  static const auto real = next_of<Send>("send");
  count_send();
  return noted(real(fd, data, size, flags));
}
extern "C" ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  using SendMsg = ssize_t (*)(int, const msghdr*, int);
  static const auto real = next_of<SendMsg>("sendmsg");
  count_send();
  return noted(real(fd, message, flags));
}
void* operator new(std::size_t size) {
  ++g_allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  scribble_and_free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  scribble_and_free(memory);
}

namespace {

constexpr std::size_t kLarge = 64 * 1024;
const std::string kSmallName = "a-page-of-four-kibibytes";
const std::string kLargeName = "a-page-of-sixty-four-kibibytes";
const std::string kOtherName = "another-page-of-sixty-four-kibibytes";

std::map<std::string, std::string> pages() {
  return {{kSmallName, std::string(4096, 's')},
          {kLargeName, std::string(kLarge, 'l')},
          {kOtherName, std::string(kLarge, 'o')}};
}

std::string answer_of(const std::string& page) {
  const std::string digits = std::to_string(page.size());
  return std::string(8 - digits.size(), '0') + digits + page;
}

// The first wait that is in vain is long, the later ones are short.
std::chrono::milliseconds patience() {
  return std::chrono::milliseconds(netpoll::test::patient ? 2000 : 50);
}

class PageServerExercise : public testing::Test {
 protected:
  PageServerExercise() {
    ::signal(SIGPIPE, SIG_IGN);  // a closed connection fails a test
    netpoll::test::Pair pair = netpoll::test::socket_pair();
    far_ = std::move(pair.far);
    served_.emplace(
        *netpoll::adopt(*runtime_, std::move(pair.near),
                        {.on_request = [this](netpoll::Connection& conn) {
                          server_.on_request(conn);
                        }}));
  }

  void ask(std::string_view requests) {
    // If the server has closed, take() finds out.
    [[maybe_unused]] const ssize_t n =
        ::write(far_.get(), requests.data(), requests.size());
  }
  // Up to so many bytes; fewer if the server closes or does not answer.
  std::string take(std::size_t size) {
    const auto wait = patience().count();
    const timeval limit{.tv_sec = wait / 1000, .tv_usec = wait % 1000 * 1000};
    ::setsockopt(far_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    std::string got(size, ' ');
    std::size_t count = 0;
    while (count < size) {
      const ssize_t n = ::read(far_.get(), &got[count], size - count);
      closed_ = n == 0 || (n < 0 && errno == ECONNRESET);
      if (n < 0 && !closed_) netpoll::test::lose_patience();
      if (n <= 0) break;
      count += static_cast<std::size_t>(n);
    }
    got.resize(count);
    return got;
  }
  // "right", or what is wrong, in a few words.
  std::string judged(const std::string& expected) {
    const std::string got = take(expected.size());
    if (got == expected) return "right";
    if (got.size() < expected.size()) {
      return std::to_string(got.size()) + " bytes of " +
             std::to_string(expected.size()) + (closed_ ? ", closed" : "");
    }
    return "other bytes than the pages have";
  }
  // What one request for `name` costs when the server is warm.
  void warm_up(const std::string& name) {
    for (int i = 0; i < 4; ++i) {
      ask(name + '\n');
      ASSERT_EQ(judged(answer_of(pages().at(name))), "right");
    }
  }

  const PageServer server_{pages()};
  const std::unique_ptr<netpoll::Runtime> runtime_ = *netpoll::Runtime::start(
      {.pollers = 1, .runner = netpoll::RunBy::inline_on_poller});
  netpoll::UniqueFd far_;
  std::optional<netpoll::DialedConnection> served_;
  bool closed_ = false;
};

TEST_F(PageServerExercise, AnswersWithTheLengthAndThePage) {
  ask(kSmallName + '\n');
  EXPECT_EQ(judged(answer_of(pages()[kSmallName])), "right");
}

TEST_F(PageServerExercise, ANameThatIsNotKnownHasLengthZero) {
  ask("nothing\n" + kSmallName + '\n');
  EXPECT_EQ(judged("00000000" + answer_of(pages()[kSmallName])), "right");
}

TEST_F(PageServerExercise, AnswersComeInTheOrderOfTheRequests) {
  ask(kLargeName + '\n' + kSmallName + '\n' + kOtherName + '\n');
  EXPECT_EQ(
      judged(answer_of(pages()[kLargeName]) + answer_of(pages()[kSmallName]) +
             answer_of(pages()[kOtherName])),
      "right");
}

TEST_F(PageServerExercise, HalfARequestWaitsForItsOtherHalf) {
  ask(kSmallName + '\n' + kSmallName.substr(0, 5));
  EXPECT_EQ(judged(answer_of(pages()[kSmallName])), "right")
      << "a whole request and the beginning of a second one had come";
  ask(kSmallName.substr(5) + '\n');
  EXPECT_EQ(judged(answer_of(pages()[kSmallName])), "right")
      << "then came the rest of the second";
}

TEST_F(PageServerExercise, ANameWithoutAnEndIsNotWaitedFor) {
  ask(std::string(PageServer::kNameMax + 1, 'n'));
  EXPECT_EQ(take(1), "");
  EXPECT_TRUE(closed_) << "after kNameMax bytes without '\\n' it should close";
}

TEST_F(PageServerExercise, ASlowPeerGetsEveryPage) {
  std::string requests;
  std::string expected;
  for (int i = 0; i < 8; ++i) {
    const std::string& name = i % 2 == 0 ? kLargeName : kOtherName;
    requests += name + '\n';
    expected += answer_of(pages()[name]);
  }
  g_socket_was_full = false;
  ask(requests);  // more than the socket takes at once
  netpoll::test::within(patience(), [] { return g_socket_was_full.load(); });
  EXPECT_EQ(judged(expected), "right")
      << "what did not fit into the socket is sent after your handler's return";
}

TEST_F(PageServerExercise, OneSendForOneAnswer) {
  warm_up(kLargeName);
  if (HasFatalFailure()) return;
  g_sends = 0;
  ask(kLargeName + '\n');
  EXPECT_EQ(judged(answer_of(pages()[kLargeName])), "right");
  EXPECT_EQ(g_sends, 1) << "system calls that sent one answer";
}

TEST_F(PageServerExercise, OneSendForEightAnswers) {
  warm_up(kSmallName);
  if (HasFatalFailure()) return;
  std::string requests;
  std::string expected;
  for (int i = 0; i < 8; ++i) {
    requests += kSmallName + '\n';
    expected += answer_of(pages()[kSmallName]);
  }
  g_sends = 0;
  ask(requests);
  EXPECT_EQ(judged(expected), "right");
  EXPECT_EQ(g_sends, 1)
      << "system calls that sent eight answers, to requests that had come at "
         "once";
}

TEST_F(PageServerExercise, ThePageIsNotCopied) {
  warm_up(kLargeName);
  warm_up(kSmallName);  // what the large answers had is given back by now
  if (HasFatalFailure()) return;
  const std::size_t before = netpoll::mcache::stats().in_use_bytes;
  g_pool_most = 0;
  ask(kLargeName + '\n');
  EXPECT_EQ(judged(answer_of(pages()[kLargeName])), "right");
  const std::size_t most = g_pool_most;
  const std::size_t more = most > before ? most - before : 0;
  EXPECT_LT(more, kLarge / 2)
      << "bytes that the pool had handed out for an answer of 64 KiB: there is "
         "a copy of the page among them";
}

TEST_F(PageServerExercise, NoAllocationForARequest) {
  warm_up(kLargeName);
  if (HasFatalFailure()) return;
  std::string got(kLarge + 8, ' ');
  const std::string request = kLargeName + '\n';
  const int before = g_allocations;
  ask(request);
  std::size_t count = 0;
  while (count < got.size()) {
    const ssize_t n = ::read(far_.get(), &got[count], got.size() - count);
    if (n <= 0) break;
    count += static_cast<std::size_t>(n);
  }
  const int more = g_allocations - before;
  EXPECT_EQ(count, got.size());
  EXPECT_EQ(more, 0) << "calls of operator new for one request";
}

}  // namespace
