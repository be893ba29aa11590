// SPDX-License-Identifier: Apache-2.0
//
// Scenes with clients of the library and a plain server.
#include <functional>
#include <set>
#include <string>
#include <thread>

#include "control.h"
#include "peer.h"
#include "stage.h"

namespace netpoll::faults {
namespace {

using std::chrono::seconds;

// Dials, and keeps the error for the stage.
std::optional<DialedConnection> dial_to(Stage& stage, Runtime& runtime,
                                        const std::string& address,
                                        const DialOptions& options = {}) {
  auto dialled = dial(runtime, "tcp", address, options);
  if (dialled) return *std::move(dialled);
  stage.tell("dial", dialled.error());
  return std::nullopt;
}

// Says `bytes` and reads them back.
bool ask(Stage& stage, Connection& conn, const std::string& bytes) {
  conn.writer().write_string(bytes);
  if (const auto error = conn.writer().flush()) {
    return stage.tell("flush", error);
  }
  const auto answer = conn.reader().read_string(bytes.size());
  if (!answer) {
    if (answer.error() == Errc::read_timeout) stage.hang("answer");
    return stage.tell("read", answer.error());
  }
  if (*answer != bytes) stage.lose(bytes.size());
  return true;
}

// Three dials, one after the other; each connection asks three times.
void ask_three_times(Stage& stage, Runtime& runtime, const std::string& address,
                     const DialOptions& options) {
  for (unsigned i = 1; i <= 3; ++i) {
    auto conn = dial_to(stage, runtime, address, options);
    if (!conn) continue;
    (*conn)->set_read_timeout(kPatience);
    bool whole = true;
    for (const std::size_t size : {8u, 1000u, 100'000u})
      whole = whole && ask(stage, **conn, text(size, i));
    stage.count(whole);
  }
  arm(false);
  auto conn = dial_to(stage, runtime, address, options);
  if (conn) (*conn)->set_read_timeout(kPatience);
  stage.serve_new_client(conn && ask(stage, **conn, text(1000)));
  arm(true);
}

// The threads are the scene's, and always start; what they do is the library's.
void add_on_three_threads(const std::function<void(unsigned first)>& add_all) {
  const auto add = [&](unsigned first) {
    const Tested tested;
    add_all(first);
  };
  const Spared spared;
  const std::jthread one(add, 1);
  const std::jthread two(add, 101);
  add(201);
}

}  // namespace

void play_dial(Stage& stage) {
  PlainServer server;
  auto runtime = start_runtime(stage);
  if (!runtime) return;
  const Tested tested;
  ask_three_times(stage, *runtime, server.address().to_string(),
                  {.timeout = kPatience, .options = {.keepalive = seconds(9)}});
  runtime.reset();
}

// The name is looked up on a thread of its own; the near end is chosen.
void play_name(Stage& stage) {
  PlainServer server;
  auto runtime = start_runtime(stage);
  if (!runtime) return;
  const Tested tested;
  const auto zoned = Address::parse("tcp6", "[fe80::1%lo]:80");
  if (!zoned) stage.tell("parse", zoned.error());
  if (zoned && zoned->to_string().empty()) stage.lose(1);
  const std::string port = std::to_string(server.address().port());
  ask_three_times(stage, *runtime, "localhost:" + port,
                  {.timeout = kPatience, .local = "127.0.0.1:0"});
  runtime.reset();
}

// Three threads add packets to one queue. The server must get each packet at
// most once, and all but those that the queue counts as dropped.
void play_mux(Stage& stage) {
  constexpr std::size_t kSize = 2000;
  constexpr unsigned kEach = 40;
  PlainServer server(false);
  auto runtime = start_runtime(stage);
  if (!runtime) return;
  std::size_t added = 0;
  std::size_t dropped = 0;
  std::error_code broken;
  {
    const Tested tested;
    auto conn = dial_to(stage, *runtime, server.address().to_string());
    if (conn) {
      ShardQueue queue(*runtime, **conn, 4);
      std::atomic<std::size_t> taken = 0;
      const auto add_all = [&](unsigned first) {
        for (unsigned i = first; i < first + kEach; ++i) {
          const bool in = queue.add([i](LinkBuffer& packets) {
            packets.write_string(text(kSize, i));
          });
          if (in) ++taken;
        }
      };
      add_on_three_threads(add_all);
      broken = queue.close();
      added = taken;
      dropped = queue.dropped();
    }
    conn.reset();
    runtime.reset();
  }
  if (broken) stage.tell("queue", broken);
  const std::string heard = server.heard();
  std::multiset<std::string> packets;
  for (std::size_t at = 0; at + kSize <= heard.size(); at += kSize)
    packets.insert(heard.substr(at, kSize));
  std::size_t right = 0;
  for (unsigned first : {1u, 101u, 201u})
    for (unsigned i = first; i < first + kEach; ++i)
      right += packets.count(text(kSize, i)) == 1 ? 1 : 0;
  const bool whole = right == 3 * kEach && heard.size() == right * kSize;
  stage.count(whole);
  if (right + dropped < added) stage.lose((added - right - dropped) * kSize);
  if (right != packets.size()) stage.lose((packets.size() - right) * kSize);
  if (!broken && !stage.is_told() && !whole) stage.lose(1);
}

}  // namespace netpoll::faults
