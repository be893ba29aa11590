// SPDX-License-Identifier: Apache-2.0
//
// Black box: the program is started with three places, and clients of plain
// sockets knock at its door.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "netpoll/os/unique_fd.h"
#include "support/net.h"
#include "support/patience.h"
#include "support/sanitized.h"

extern char** environ;  // NOLINT

namespace netpoll {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience(test::kSanitized ? 20'000 : 3'000);

// How long a wait may take; a wait in vain makes the later ones short.
milliseconds patience() {
  return test::patient ? kPatience : milliseconds(300);
}

constexpr std::size_t kHalf = 60'000;
const std::string kSorry = "sorry, all 3 places are taken\n";

// The learner's program, until the end of this object.
class Program {
 public:
  Program() {
    std::array<int, 2> ends{-1, -1};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    out_.reset(ends[0]);
    const UniqueFd theirs(ends[1]);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, theirs.get(), 1);
    const char* const path = std::getenv("LEARN_PROGRAM");
    std::string name = path != nullptr ? path : "";
    std::string places = "3";
    std::array<char*, 3> words{name.data(), places.data(), nullptr};
    if (::posix_spawn(&pid_, name.c_str(), &actions, nullptr, words.data(),
                      environ) != 0) {
      pid_ = -1;
    }
    ::posix_spawn_file_actions_destroy(&actions);
  }
  ~Program() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // The port of "listening on 127.0.0.1:PORT"; 0 when no such line comes.
  int port() {
    std::string line;
    pollfd ready{.fd = out_.get(), .events = POLLIN, .revents = 0};
    while (!line.ends_with('\n') && ::poll(&ready, 1, 5000) > 0) {
      char next = 0;
      if (::read(out_.get(), &next, 1) <= 0) break;
      line += next;
    }
    const auto colon = line.rfind(':');
    return colon == std::string::npos ? 0 : std::atoi(line.c_str() + colon + 1);
  }
  void stop() const {
    ::kill(pid_, SIGSTOP);
    ::waitpid(pid_, nullptr, WUNTRACED);
  }
  void go_on() const { ::kill(pid_, SIGCONT); }
  void terminate() const { ::kill(pid_, SIGTERM); }
  // The exit status; -1: it did not end in time, or was ended by a signal.
  int status() {
    int told = 0;
    if (!test::within(patience(),
                      [&] { return ::waitpid(pid_, &told, WNOHANG) != 0; })) {
      test::lose_patience();
      return -1;
    }
    pid_ = -1;
    return WIFEXITED(told) ? WEXITSTATUS(told) : -1;
  }

 private:
  UniqueFd out_;
  pid_t pid_ = -1;
};

// All that a client is told, and how that ended.
struct Told {
  std::string text;
  std::string end;
};

class FullHouse : public testing::Test {
 protected:
  void SetUp() override {
    port_ = program.port();
    ASSERT_GT(port_, 0) << "the program did not say where it listens";
  }

  UniqueFd client() const {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto wait = patience().count();
    const timeval limit{.tv_sec = wait / 1000, .tv_usec = wait % 1000 * 1000};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port_));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to),
              0);
    return fd;
  }
  // Whether the client gets an echo.
  static bool is_served(const UniqueFd& fd) {
    return test::send_all(fd.get(), "ping\n") &&
           test::receive(fd.get(), 5) == "ping\n";
  }
  void fill() {
    for (UniqueFd& fd : in) {
      fd = client();
      ASSERT_TRUE(is_served(fd))
          << "three places, and one of the first three clients got no echo";
    }
  }
  static Told told(const UniqueFd& fd) {
    Told all;
    std::array<char, 4096> more{};
    for (;;) {
      const ssize_t n = ::recv(fd.get(), more.data(), more.size(), 0);
      if (n > 0) {
        all.text.append(more.data(), static_cast<std::size_t>(n));
        continue;
      }
      if (n == 0) {
        all.end = "the end";
      } else {
        all.end = errno == ECONNRESET ? "a reset" : "nothing, for a long time";
        if (errno != ECONNRESET) test::lose_patience();
      }
      return all;
    }
  }
  // Somebody gets in, sooner or later: the server learns of a free place when
  // it hears that a client has gone.
  bool gets_in() {
    const Deadline end = deadline_after(patience());
    do {
      late = client();
      if (is_served(late)) return true;
    } while (Deadline::clock::now() < end);
    test::lose_patience();
    return false;
  }

  Program program;
  std::array<UniqueFd, 3> in;
  UniqueFd late;

 private:
  int port_ = 0;
};

TEST_F(FullHouse, AsManyAsThereArePlacesAreServed) {
  fill();
}

TEST_F(FullHouse, TheNextOneIsToldWhy) {
  ASSERT_NO_FATAL_FAILURE(fill());
  const UniqueFd fd = client();
  const std::string text = test::receive(fd.get(), kSorry.size());
  EXPECT_EQ(text, kSorry) << "three clients are here, a fourth has come and "
                             "has not said a word; this is what it read";
}

TEST_F(FullHouse, AndThenSeesTheEnd) {
  ASSERT_NO_FATAL_FAILURE(fill());
  const UniqueFd fd = client();
  EXPECT_EQ(told(fd).end, "the end")
      << "this is what the fourth client saw after the last byte";
}

// The program sleeps meanwhile; when it accepts the fourth, it finds half a
// request there, of more bytes than it reads at once.
TEST_F(FullHouse, WhoIsStillSpeakingSeesNoReset) {
  ASSERT_NO_FATAL_FAILURE(fill());
  program.stop();
  const UniqueFd fd = client();
  bool sent = test::send_all(fd.get(), std::string(kHalf, 'x'));
  program.go_on();
  test::receive(fd.get(), kSorry.size());
  const std::string rest(1000, 'x');
  sent = sent && test::send_all(fd.get(), rest) && told(fd).end == "the end";
  for (int i = 0; i < 20; ++i)  // the server has closed by now
    sent = sent && test::send_all(fd.get(), rest);
  EXPECT_TRUE(sent) << "the fourth client was still sending its request, and "
                       "got a reset: it may overtake the line that tells why";
}

TEST_F(FullHouse, WhoIsTurnedAwayGetsNoEcho) {
  ASSERT_NO_FATAL_FAILURE(fill());
  const UniqueFd fd = client();
  test::send_all(fd.get(), "xxxx");
  EXPECT_EQ(told(fd).text.find('x'), std::string::npos)
      << "the fourth client found no place, and got an echo";
}

TEST_F(FullHouse, WhoIsInIsNotDisturbed) {
  ASSERT_NO_FATAL_FAILURE(fill());
  const UniqueFd fd = client();
  ASSERT_EQ(test::receive(fd.get(), kSorry.size()), kSorry);
  for (const UniqueFd& one : in)
    EXPECT_TRUE(is_served(one)) << "a fourth came, and the first three suffer";
}

TEST_F(FullHouse, APlaceThatIsFreeAgainIsTaken) {
  ASSERT_NO_FATAL_FAILURE(fill());
  in[1].reset();
  EXPECT_TRUE(gets_in()) << "one of the three has gone, and nobody else gets "
                            "in: its place was not given back";
}

TEST_F(FullHouse, WhoWasTurnedAwayGivesNoPlaceBack) {
  ASSERT_NO_FATAL_FAILURE(fill());
  bool all = true;
  for (int i = 0; all && i < 20; ++i) {
    const UniqueFd fd = client();
    all = test::receive(fd.get(), kSorry.size()) == kSorry;
  }
  EXPECT_TRUE(all) << "three sit there all the time, 20 knock one after the "
                      "other, and one of these was not turned away";
}

TEST_F(FullHouse, WhoWasTurnedAwayHasTakenNoPlace) {
  ASSERT_NO_FATAL_FAILURE(fill());
  for (int i = 0; i < 5; ++i)
    ASSERT_EQ(test::receive(client().get(), kSorry.size()), kSorry);
  in[0].reset();
  ASSERT_TRUE(gets_in())
      << "five were turned away, then one of the three went; nobody gets in";
  EXPECT_FALSE(is_served(client())) << "one has gone, and two got in";
}

TEST_F(FullHouse, OfManyAtOnceThreeGetIn) {
  std::atomic<int> served{0};
  std::array<UniqueFd, 12> all;
  std::vector<std::thread> threads;
  for (UniqueFd& fd : all) {
    threads.emplace_back([&] {
      fd = client();
      if (is_served(fd)) ++served;
    });
  }
  for (std::thread& it : threads)
    it.join();
  EXPECT_EQ(served, 3) << "so many of twelve who came at once were served";
}

TEST_F(FullHouse, SigtermEndsItInPeace) {
  ASSERT_NO_FATAL_FAILURE(fill());
  program.terminate();
  for (const UniqueFd& fd : in)
    EXPECT_EQ(told(fd).end, "the end");
  EXPECT_EQ(program.status(), 0);
}

}  // namespace
}  // namespace netpoll
