// SPDX-License-Identifier: Apache-2.0
//
// One end of a stream of frames over our library: a server that sends each
// frame back, or a client that checks what comes back. cmd/wire is its twin on
// the original.
//
//    conformance_wire serve NETWORK ADDRESS     until standard input ends
//    conformance_wire send NETWORK ADDRESS SEED FRAMES MIN MAX CUT_MIN CUT_MAX
//
// A frame is a length of four bytes, the highest first, and that many bytes.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "netpoll/netpoll.h"

namespace {

using namespace netpoll;
using Bytes = std::span<const std::byte>;

int refuse(const std::string& what) {
  std::fprintf(stderr, "conformance_wire: %s\n", what.c_str());
  return 1;
}

void print(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

std::size_t frame_size(Bytes head) {
  std::size_t size = 0;
  for (const std::byte byte : head)
    size = size << 8 | static_cast<std::size_t>(byte);
  return 4 + size;
}

// What came over each connection.
class Served {
 public:
  void add(const Connection& conn, std::size_t bytes) {
    const Lock lock(mutex_);
    ++counts_[&conn].frames;
    counts_[&conn].bytes += bytes;
  }
  void tell(const Connection& conn) {
    Count count;
    {
      const Lock lock(mutex_);
      count = counts_[&conn];
      counts_.erase(&conn);
    }
    print("served " + std::to_string(count.frames) + " frames, " +
          std::to_string(count.bytes) + " bytes");
  }

 private:
  struct Count {
    std::size_t frames = 0;
    std::size_t bytes = 0;
  };
  Mutex mutex_;
  std::map<const Connection*, Count> counts_ NETPOLL_GUARDED_BY(mutex_);
};

void echo_frames(Connection& conn, Served& served) {
  Input& in = conn.reader();
  while (in.size() > 0) {
    const auto head = in.peek(4);
    if (!head) return conn.close();
    const std::size_t size = frame_size(*head);
    const auto frame = in.next(size);
    if (!frame) return conn.close();
    std::ranges::copy(*frame, conn.writer().malloc(size).begin());
    in.release();
    served.add(conn, size);
  }
  if (conn.writer().flush()) conn.close();
}

int serve(Runtime& runtime, const char* network, const char* address) {
  auto listener = Listener::listen(network, address);
  if (!listener) return refuse(listener.error().message());
  const std::string where = listener->address().to_string();
  Served served;
  EventLoop loop(
      runtime,
      {.on_prepare =
           [&](Connection& conn) {
             conn.add_close_callback([&](Connection& it) { served.tell(it); });
           },
       .on_request = [&](Connection& conn) { echo_frames(conn, served); }});
  if (const auto error = loop.start(*std::move(listener))) {
    return refuse(error.message());
  }
  print("listening " + where);
  while (std::getchar() != EOF) {
  }
  return 0;
}

// What a client sends, the same in both drivers.
struct Plan {
  std::uint64_t random;
  std::size_t frames, min, max, least, most;

  /// The next number of [low, high].
  std::size_t between(std::size_t low, std::size_t high) {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    return low + (random >> 33) % (high - low + 1);
  }
};

std::vector<std::byte> frame_of(std::size_t number, std::size_t size) {
  std::vector<std::byte> frame(size);
  const std::size_t payload = size - 4;
  for (std::size_t i = 0; i < 4; ++i)
    frame[i] = static_cast<std::byte>(payload >> (24 - 8 * i));
  for (std::size_t i = 0; i < payload; ++i)
    frame[4 + i] = static_cast<std::byte>(number * 131 + i * 7 + (i >> 8));
  return frame;
}

std::error_code send_all(Output& out, Plan plan,
                         const std::vector<std::size_t>& sizes) {
  std::size_t left = plan.between(plan.least, plan.most);
  for (std::size_t number = 0; number < sizes.size(); ++number) {
    const std::vector<std::byte> frame = frame_of(number, sizes[number]);
    for (Bytes rest(frame); !rest.empty();) {
      const std::size_t n = std::min(left, rest.size());
      std::ranges::copy(rest.first(n), out.malloc(n).begin());
      rest = rest.subspan(n);
      left -= n;
      if (left > 0) continue;
      if (const auto error = out.flush()) return error;
      left = plan.between(plan.least, plan.most);
    }
  }
  return out.flush();
}

std::string check(Input& in, const std::vector<std::size_t>& sizes) {
  std::size_t total = 0;
  for (std::size_t number = 0; number < sizes.size(); ++number) {
    const auto got = in.next(sizes[number]);
    const std::string which = "frame " + std::to_string(number);
    if (!got) return which + ": " + got.error().message();
    if (!std::ranges::equal(*got, frame_of(number, sizes[number]))) {
      return which + " came back changed";
    }
    in.release();
    total += sizes[number];
  }
  return "echoed " + std::to_string(sizes.size()) + " frames, " +
         std::to_string(total) + " bytes";
}

int send(Runtime& runtime, const char* network, const char* address,
         Plan plan) {
  auto conn = dial(runtime, network, address);
  if (!conn) return refuse(conn.error().message());
  std::vector<std::size_t> sizes(plan.frames);
  for (std::size_t& size : sizes)
    size = 4 + plan.between(plan.min, plan.max);
  std::error_code sent;
  std::jthread sender([&] { sent = send_all((*conn)->writer(), plan, sizes); });
  std::string verdict = check((*conn)->reader(), sizes);
  sender.join();
  if (sent) verdict += ", and a flush failed: " + sent.message();
  print(verdict);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv, argv + argc);
  auto runtime = Runtime::start();
  if (!runtime) return refuse(runtime.error().message());
  if (argc == 4 && words[1] == "serve") {
    return serve(**runtime, argv[2], argv[3]);
  }
  if (argc != 10 || words[1] != "send") return refuse("see its first lines");
  const auto number = [&](std::size_t i) { return std::stoul(words[i]); };
  return send(**runtime, argv[2], argv[3],
              {.random = number(4),
               .frames = number(5),
               .min = number(6),
               .max = number(7),
               .least = number(8),
               .most = number(9)});
}
