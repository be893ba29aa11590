// SPDX-License-Identifier: Apache-2.0
//
// Scenes with a server of the library and plain clients.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <initializer_list>
#include <thread>

#include "control.h"
#include "peer.h"
#include "stage.h"

namespace netpoll::faults {
namespace {

constexpr std::size_t kLarge = 200'000;

std::vector<Talk> connect(Server& server, std::size_t count,
                          bool small = false) {
  std::vector<Talk> talks;
  for (std::size_t i = 0; i < count; ++i)
    talks.push_back({connect_plainly(server.address(), small), {}, {}});
  return talks;
}

void play_rounds(Stage& stage, std::size_t clients,
                 std::initializer_list<std::size_t> sizes) {
  Server server(stage);
  if (!server.start("tcp", "127.0.0.1:0", {.on_request = echo})) return;
  std::vector<Talk> talks = connect(server, clients);
  for (const std::size_t size : sizes) {
    for (unsigned i = 0; i < talks.size(); ++i)
      talks[i].echo(text(size, i + 1));
    converse(stage, talks);
  }
  end(stage, talks);
  judge(stage, talks);
  server.serve_new_client();
  server.finish();
}

}  // namespace

// Three clients; each says something short, something longer, something large,
// and waits for the answer each time.
void play_echo(Stage& stage) {
  play_rounds(stage, 3, {8, 1000, kLarge});
}

// One client, so that the calls come in one order: after a flush that found the
// socket full, the next one is the poller's.
void play_alone(Stage& stage) {
  play_rounds(stage, 1, {1000, kLarge});
}

// Standard input is closed, so that each new descriptor has the number 0 at
// first, and the library gives it another one.
void play_low(Stage& stage) {
  const UniqueFd before(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
  ::close(STDIN_FILENO);
  play_rounds(stage, 2, {8, 1000});
  ::dup2(before.get(), STDIN_FILENO);
}

// Small buffers: flushes find the socket full, and inputs reach their limit.
void play_slow(Stage& stage) {
  Server server(stage);
  const auto listen = [] {
    return Listener::listen("tcp", "127.0.0.1:0", {.reuse_port = true});
  };
  if (!server.start(listen, {.on_request = echo}, {.max_input = 4096},
                    Server::kSmall)) {
    return;
  }
  std::vector<Talk> talks = connect(server, 2, true);
  for (unsigned i = 0; i < talks.size(); ++i)
    talks[i].echo(text(60'000, i + 1));
  converse(stage, talks);
  end(stage, talks);
  judge(stage, talks);
  server.serve_new_client();
  server.finish();
}

// shutdown() meets a client that says nothing, one that is in the middle of its
// request, and one whose large answer is on its way.
void play_stop(Stage& stage) {
  constexpr std::size_t kRequest = 100;
  Server server(stage);
  const auto whole_requests = [](Connection& conn) {
    if (conn.reader().size() < kRequest) return;
    conn.reader().release();
    static_cast<void>(conn.reader().skip(kRequest));
    conn.writer().write_string(text(kRequest * 400));
    if (conn.writer().flush()) conn.close();
  };
  if (!server.start("tcp", "127.0.0.1:0", {.on_request = whole_requests}, {},
                    Server::kSmall)) {
    return;
  }
  std::vector<Talk> talks = connect(server, 3, true);
  const std::string answer = text(kRequest * 400);
  for (Talk& talk : talks) {  // all are accepted once they have an answer
    talk.says = text(kRequest);
    talk.wants = answer;
  }
  converse(stage, talks);
  talks[1].says += text(kRequest / 2);
  talks[2].says += text(kRequest);
  talks[2].wants += answer;
  for (Talk& talk : talks)
    ::send(talk.fd.get(), talk.says.data() + talk.sent,
           talk.says.size() - talk.sent, MSG_NOSIGNAL);
  for (Talk& talk : talks)
    talk.sent = talk.says.size();
  std::thread clients([&] {
    const Spared spared;
    // The rest of the request comes while the server shuts down.
    const std::string rest = text(kRequest / 2);
    ::send(talks[1].fd.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    talks[1].wants += answer;
    hear_end(stage, talks);
  });
  server.finish(std::chrono::milliseconds(1000));
  clients.join();
  judge(stage, talks);
  // A server that is shut down serves nobody: another one must be able to.
  arm(false);
  Server next(stage);
  if (next.start("tcp", "127.0.0.1:0", {.on_request = echo})) {
    next.serve_new_client();
    arm(false);
    next.finish();
  }
  arm(true);
}

// The server answers a '#', and closes while the client still sends: the answer
// must not be destroyed by the reset that unread input causes.
void play_linger(Stage& stage) {
  Server server(stage);
  constexpr std::byte kAsks{'#'};
  const auto answer_and_close = [](Connection& conn) {
    const auto first = conn.reader().peek(1);
    if (first && first->front() != kAsks) return echo(conn);
    conn.writer().write_string(text(20'000));
    static_cast<void>(conn.writer().flush());
    conn.close();
  };
  if (!server.start("tcp", "127.0.0.1:0", {.on_request = answer_and_close})) {
    return;
  }
  std::vector<Talk> talks = connect(server, 2);
  for (Talk& talk : talks) {
    talk.says = '#' + text(kLarge);
    talk.wants = text(20'000);
  }
  converse(stage, talks);
  end(stage, talks);
  judge(stage, talks);
  server.serve_new_client();
  server.finish();
}

}  // namespace netpoll::faults
