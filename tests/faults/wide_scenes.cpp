// SPDX-License-Identifier: Apache-2.0
//
// Scenes with files, with sockets that others have made, and with both ends.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "control.h"
#include "peer.h"
#include "stage.h"

namespace netpoll::faults {
namespace {

// A folder that is gone at the end, and is the working directory until then.
class Folder {
 public:
  Folder() : before_(std::filesystem::current_path()) {
    std::string name =
        std::filesystem::temp_directory_path() / "netpoll-XXXXXX";
    path_ = ::mkdtemp(name.data());
    std::filesystem::current_path(path_);
  }
  ~Folder() {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

 private:
  std::filesystem::path before_;
  std::filesystem::path path_;
};

// The file of a socket whose server has gone.
void leave_behind(const Address& address) {
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ::bind(fd.get(), address.data(), address.size());
}

void ask_all(Stage& stage, std::span<Talk> talks) {
  for (const std::size_t size : {8u, 1000u, 100'000u}) {
    for (unsigned i = 0; i < talks.size(); ++i)
      talks[i].echo(text(size, i + 1));
    converse(stage, talks);
  }
}

// The two connections of one client through the proxy. The handlers of both
// hold it; part() breaks the circle.
class Joint {
 public:
  Joint(Connection& front, Ref<Connection> back)
      : front_(Ref<Connection>::share(front)), back_(std::move(back)) {}

  /// Sends on what has come, to the other side.
  void pass_on(Connection& from) {
    const Ref<Connection> to = other_than(from);
    auto all = from.reader().slice(from.reader().size());
    if (!to || !all) return part();
    to->writer().append(*std::move(all));
    if (to->writer().flush()) part();
  }
  /// Closes both, and lets them go.
  void part() {
    Ref<Connection> front;
    Ref<Connection> back;
    {
      const std::lock_guard lock(mutex_);
      front = std::move(front_);
      back = std::move(back_);
    }
    if (front) front->close();
    if (back) back->close();
  }

 private:
  Ref<Connection> other_than(const Connection& one) {
    const std::lock_guard lock(mutex_);
    return front_.get() == &one ? back_ : front_;
  }

  std::mutex mutex_;
  Ref<Connection> front_;
  Ref<Connection> back_;
};

// Joins `front` with `back`: what comes on one goes out on the other, and the
// end of one is the end of both.
void join(Connection& front, Ref<Connection> back) {
  const auto joint = std::make_shared<Joint>(front, back);
  for (Connection* const side : {&front, back.get()}) {
    side->set_on_request([joint](Connection& it) { joint->pass_on(it); });
    side->set_on_disconnect([joint](Connection&) { joint->part(); });
    side->add_close_callback([joint](Connection&) { joint->part(); });
  }
}

}  // namespace

// A server on a unix socket, where the file of an earlier one is in the way.
void play_unix(Stage& stage) {
  const Folder folder;
  // No other process has a socket of this name: in /proc/net/unix a relative
  // name does not say in which folder its file is.
  const std::string name = std::to_string(::getpid()) + ".sock";
  const Address file = *Address::parse("unix", name);
  leave_behind(file);
  Server server(stage);
  if (!server.start("unix", name, {.on_request = echo})) return;
  std::vector<Talk> talks;
  for (int i = 0; i < 2; ++i)
    talks.push_back({connect_plainly(file), {}, {}});
  ask_all(stage, talks);
  end(stage, talks);
  judge(stage, talks);
  server.serve_new_client();
  server.finish();
}

// A listener and a connection that the program has made itself.
void play_adopt(Stage& stage) {
  UniqueFd listener = listen_plainly();
  UniqueFd other = listen_plainly();
  const Address there = *Address::local_of(other.get());
  Server server(stage);
  const ConnectionOptions options{.keepalive = std::chrono::seconds(9)};
  const auto listen = [&] { return Listener::from_fd(std::move(listener)); };
  if (!server.start(listen, {.on_request = echo}, options)) return;
  std::vector<Talk> talks;
  talks.push_back({connect_plainly(server.address()), {}, {}});
  talks.push_back({connect_plainly(there), {}, {}});
  UniqueFd accepted(::accept4(other.get(), nullptr, nullptr, SOCK_CLOEXEC));
  {
    const Tested tested;
    auto adopted = adopt(server.runtime(), std::move(accepted),
                         {.on_request = echo}, options);
    if (!adopted) stage.tell("adopt", adopted.error());
    const Spared spared;
    ask_all(stage, talks);
    const Tested again;
    if (adopted) (*adopted)->close();
  }
  end(stage, talks);
  judge(stage, talks);
  server.serve_new_client();
  server.finish();
}

// A proxy: a server whose connections are joined with dialled ones.
void play_proxy(Stage& stage) {
  constexpr int kClients = 2;
  PlainServer behind;
  Server server(stage);
  std::vector<DialedConnection> backs;    // for the next clients
  std::vector<DialedConnection> dialled;  // that have one
  std::mutex mutex;
  const auto on_prepare = [&](Connection& front) {
    const std::lock_guard lock(mutex);
    if (backs.empty()) return front.set_on_request(echo);
    join(front, Ref<Connection>::share(*backs.back()));
    dialled.push_back(std::move(backs.back()));
    backs.pop_back();
  };
  if (!server.start("tcp", "127.0.0.1:0",
                    {.on_prepare = on_prepare, .on_request = echo})) {
    return;
  }
  for (int i = 0; i < kClients; ++i) {
    const Tested tested;
    auto back =
        dial(server.runtime(), "tcp", behind.address().to_string(), kPatience);
    if (back) {
      backs.push_back(*std::move(back));
    } else {
      stage.tell("dial", back.error());
    }
  }
  std::vector<Talk> talks;
  for (int i = 0; i < kClients; ++i)
    talks.push_back({connect_plainly(server.address()), {}, {}});
  ask_all(stage, talks);
  end(stage, talks);
  judge(stage, talks);
  talks.clear();
  {
    const std::lock_guard lock(mutex);
    const Tested tested;
    backs.clear();
    dialled.clear();
  }
  server.serve_new_client();
  server.finish();
}

}  // namespace netpoll::faults
