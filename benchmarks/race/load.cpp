// SPDX-License-Identifier: Apache-2.0
//
// race_load: the load of the race. One thread keeps one request in flight on
// each connection, compares every byte that comes back, and reads the server's
// CPU clock around the time it measures. Prints one line of JSON:
//
//   requests, seconds     in the measured time
//   all_requests          from the first to the last, the warm-up included
//   cpu_us                of the server, in all its threads
//   load_cpu_us           of this program; near `seconds`, it was the limit
//   p50_us p99_us p999_us from the first byte sent to the last byte received
//
// Ends with status 1 and a line on standard error when a byte is wrong or the
// server ends.

#include <sys/epoll.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "peer.h"

namespace netpoll::race {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr int kPatienceMs = 10'000;

struct Flags {
  std::string addr;
  std::size_t connections = 64;
  std::size_t idle = 0;
  std::size_t bytes = 1024;
  std::size_t depth = 1;
  double warmup = 0.3;
  double seconds = 1;
  pid_t pid = 0;
};

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "race_load: %s\n", why.c_str());
  std::exit(1);
}

// The CPU time that a process has used, in all its threads.
class CpuClock {
 public:
  explicit CpuClock(pid_t pid) {
    if (::clock_getcpuclockid(pid, &clock_) != 0)
      fail("--pid: no such process");
  }
  double micros() const {
    timespec now{};
    if (::clock_gettime(clock_, &now) != 0) fail("the server has ended");
    return static_cast<double>(now.tv_sec) * 1e6 +
           static_cast<double>(now.tv_nsec) / 1e3;
  }

 private:
  clockid_t clock_{};
};

// Random bytes, none of them 255: a request that begins with 255 may keep the
// handler of echo_server (--block-ms). A message is a window of them that
// begins at another place in each request, so that an answer to an older
// request is noticed.
class Pattern {
 public:
  explicit Pattern(std::size_t message) : message_(message) {
    std::minstd_rand random(20261129);
    bytes_.resize(message + kShifts);
    for (char& byte : bytes_)
      byte = static_cast<char>((random() >> 8) % 255);
  }
  std::span<const char> message(std::size_t request) const {
    return std::span(bytes_).subspan(request * 251 % kShifts, message_);
  }

 private:
  static constexpr std::size_t kShifts = 4093;
  std::size_t message_;
  std::vector<char> bytes_;
};

// One connection of the load: sends its next request as soon as the answer to
// an earlier one is whole. `depth` requests are in flight.
struct Requester {
  int fd = -1;
  std::size_t first = 0;     // its number among the connections
  std::size_t sending = 0;   // number of the request that is being sent
  std::size_t sent = 0;      // bytes of it that the socket has taken
  std::size_t answered = 0;  // how many answers were whole
  std::size_t received = 0;  // bytes of the next answer
  std::vector<Clock::time_point> begun;  // of the requests in flight, a ring
};

class Load {
 public:
  explicit Load(const Flags& flags)
      : flags_(flags),
        pattern_(flags.bytes),
        server_(flags.pid),
        self_(::getpid()),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0) die("epoll_create1");
    for (std::size_t i = 0; i < flags.idle; ++i)
      connect();
    for (std::size_t i = 0; i < flags.connections; ++i)
      open(i);
  }

  void run() {
    for (Requester& each : requesters_)
      send(each);
    run_until(Clock::now() + to_clock(flags_.warmup));
    before_ = latencies_.size();
    latencies_.clear();
    const double server = server_.micros();
    const double self = self_.micros();
    const auto begin = Clock::now();
    run_until(begin + to_clock(flags_.seconds));
    const double seconds = Seconds(Clock::now() - begin).count();
    print(seconds, server_.micros() - server, self_.micros() - self);
  }

 private:
  static Clock::duration to_clock(double seconds) {
    return std::chrono::duration_cast<Clock::duration>(Seconds(seconds));
  }

  int connect() const {
    sockaddr_in address{};
    read_address(flags_.addr, address);
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) die("socket");
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) !=
        0) {
      die("connect");
    }
    set_no_delay(fd);
    return fd;
  }

  void open(std::size_t number) {
    Requester& made = requesters_.emplace_back();
    made.fd = connect();
    made.first = number;
    made.begun.resize(flags_.depth);
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLET,
                      .data = {.u64 = number}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, made.fd, &event) != 0) {
      die("epoll_ctl");
    }
  }

  // Goes on beyond `end` until there is an answer: a large message may take
  // longer on a busy machine.
  void run_until(Clock::time_point end) {
    std::array<epoll_event, 256> events;
    while (Clock::now() < end || latencies_.empty()) {
      const int count = ::epoll_wait(
          epoll_, events.data(), static_cast<int>(events.size()), kPatienceMs);
      if (count == 0) fail("no answer for ten seconds");
      if (count < 0 && errno != EINTR) die("epoll_wait");
      for (int i = 0; i < count; ++i) {
        Requester& each = requesters_.at(events.at(i).data.u64);
        if ((events.at(i).events & EPOLLIN) != 0) receive(each);
        if ((events.at(i).events & EPOLLOUT) != 0) send(each);
      }
    }
  }

  // Sends what may be in flight, or what the socket takes.
  void send(Requester& each) {
    while (each.sending < each.answered + flags_.depth) {
      if (each.sent == 0)
        each.begun[each.sending % flags_.depth] = Clock::now();
      const auto rest =
          pattern_.message(each.first + each.sending).subspan(each.sent);
      const ssize_t took = ::send(each.fd, rest.data(), rest.size(),
                                  MSG_DONTWAIT | MSG_NOSIGNAL);
      if (took < 0 && errno == EAGAIN) return;
      if (took < 0) die("send");
      each.sent += static_cast<std::size_t>(took);
      if (each.sent < flags_.bytes) continue;
      each.sent = 0;
      ++each.sending;
    }
  }

  // Takes what is there; a connection is edge triggered.
  void receive(Requester& each) {
    for (;;) {
      const ssize_t got =
          ::recv(each.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
      if (got < 0 && errno == EAGAIN) return;
      if (got < 0) die("recv");
      if (got == 0) fail("the server has closed a connection");
      const auto bytes =
          std::span(buffer_).first(static_cast<std::size_t>(got));
      compare(each, bytes);
      if (bytes.size() < buffer_.size()) return;  // the socket is empty
    }
  }

  void compare(Requester& each, std::span<const char> bytes) {
    while (!bytes.empty()) {
      const auto rest =
          pattern_.message(each.first + each.answered).subspan(each.received);
      const std::size_t size = std::min(rest.size(), bytes.size());
      if (std::memcmp(rest.data(), bytes.data(), size) != 0) {
        fail("a byte of the answer is wrong");
      }
      bytes = bytes.subspan(size);
      each.received += size;
      if (each.received == flags_.bytes) answer(each);
    }
  }

  void answer(Requester& each) {
    latencies_.push_back(
        Seconds(Clock::now() - each.begun[each.answered % flags_.depth])
            .count());
    ++each.answered;
    each.received = 0;
    send(each);
  }

  double quantile(double part) {
    const auto place = static_cast<std::ptrdiff_t>(
        part * static_cast<double>(latencies_.size() - 1));
    std::nth_element(latencies_.begin(), latencies_.begin() + place,
                     latencies_.end());
    return latencies_[static_cast<std::size_t>(place)] * 1e6;
  }

  void print(double seconds, double server_us, double self_us) {
    std::printf(
        "{\"requests\": %zu, \"all_requests\": %zu, \"seconds\": %.6f, "
        "\"cpu_us\": %.1f, \"load_cpu_us\": %.1f, \"p50_us\": %.1f, "
        "\"p99_us\": %.1f, \"p999_us\": %.1f}\n",
        latencies_.size(), before_ + latencies_.size(), seconds, server_us,
        self_us, quantile(.5), quantile(.99), quantile(.999));
  }

  const Flags flags_;
  const Pattern pattern_;
  const CpuClock server_;
  const CpuClock self_;
  const int epoll_;
  std::vector<Requester> requesters_;
  std::vector<double> latencies_;  // seconds
  std::size_t before_ = 0;         // answers that came before the measured time
  std::vector<char> buffer_ = std::vector<char>(256 * 1024);
};

void add_flags(CLI::App& app, Flags& flags) {
  app.add_option("--addr", flags.addr, "IPV4:PORT of the server")
      ->required()
      ->check(check_address);
  app.add_option("--pid", flags.pid, "the server's process")->required();
  app.add_option("--connections", flags.connections, "that send requests")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_option("--idle", flags.idle, "connections that send nothing")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  app.add_option("--bytes", flags.bytes, "of a message")
      ->check(CLI::Range(1, 1 << 28))
      ->capture_default_str();
  app.add_option("--depth", flags.depth, "requests in flight a connection")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--warmup", flags.warmup, "seconds before the measured time")
      ->check(CLI::Range(0.0, 60.0))
      ->capture_default_str();
  app.add_option("--seconds", flags.seconds, "measured")
      ->check(CLI::Range(0.01, 600.0))
      ->capture_default_str();
}

}  // namespace
}  // namespace netpoll::race

int main(int argc, char** argv) {
  netpoll::race::Flags flags;
  CLI::App app("Sends requests, compares the answers, measures.", "race_load");
  netpoll::race::add_flags(app, flags);
  if (const int status = netpoll::programs::parse(app, argc, argv);
      status >= 0) {
    return status;
  }
  netpoll::race::Load(flags).run();
}
