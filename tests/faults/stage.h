// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a scene plays on: the runner of its servers and clients, and all that it
// has found out. A scene is played once with a fault; if the fault kept it from
// starting, a second time without, and then everything must work.

#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "netpoll/netpoll.h"

namespace netpoll::faults {

/// How long a scene waits for what must come. A right library is never so slow.
inline constexpr std::chrono::seconds kPatience{10};

class Stage {
 public:
  explicit Stage(RunBy runner) : runner_(runner) {}

  RunBy runner() const { return runner_; }

  /// The library has reported `error` to the caller of `call`. Only the first
  /// report is kept. Returns false. [any]
  bool tell(std::string_view call, std::error_code error);
  /// A wait for `what` has been in vain. [any]
  void hang(std::string_view what);
  /// So many bytes of a connection that still stands are lost or are too many.
  /// [any]
  void lose(std::size_t bytes);
  /// How a conversation ended: with all bytes, or before that.
  void count(bool whole);
  /// A client that came after the fault was served.
  void serve_new_client(bool whole);

  /// The scene could not be played, since a call has reported an error.
  bool is_told() const { return !told_by_.empty(); }
  /// The members of the JSON object that says all this.
  std::string to_json() const;

 private:
  const RunBy runner_;
  mutable std::mutex mutex_;
  std::string told_by_;  // the call that has reported an error
  std::error_code told_;
  std::vector<std::string> hangs_;
  std::size_t lost_bytes_ = 0;
  int whole_ = 0;    // conversations that were whole
  int closed_ = 0;   // conversations that a closed connection has ended
  int served_ = -1;  // 1: the new client was served; 0: not; -1: none came
};

/// Adds `text` in quotes to `json`.
std::string json_text(std::string_view text);

/// A runtime with one poller, and a server on it. `finish()` ends both.
class Server {
 public:
  /// Small buffers of the sockets: the poller has to send what a flush leaves.
  static constexpr int kSmall = 8 * 1024;

  explicit Server(Stage& stage) : stage_(stage) {}
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Starts a runtime, listens and serves. False: stage.tell() has the error.
  [[nodiscard]] bool start(std::string_view network, std::string_view address,
                           Handlers handlers, ConnectionOptions options = {},
                           int send_buffer = 0);
  /// The same with a listener that `listen` makes.
  using Listen = std::function<Result<Listener>()>;
  [[nodiscard]] bool start(const Listen& listen, Handlers handlers,
                           ConnectionOptions options = {}, int send_buffer = 0);
  /// Has a new client served once no call may fail any more.
  void serve_new_client();
  /// Shuts down; a time-out counts as a hang.
  void finish(std::chrono::milliseconds grace = std::chrono::milliseconds(50));

  const Address& address() const { return address_; }
  Runtime& runtime() { return *runtime_; }
  EventLoop& loop() { return *loop_; }

 private:
  Stage& stage_;
  std::unique_ptr<Runtime> runtime_;
  std::unique_ptr<EventLoop> loop_;
  Address address_;
};

/// A runtime with one poller, or nothing: then stage.tell() has the error.
std::unique_ptr<Runtime> start_runtime(Stage& stage);

/// Sends back what came, in two pieces when it is long enough. Closes the
/// connection when that fails. [worker]
void echo(Connection& conn);

// The scenes.
void play_echo(Stage& stage);
void play_alone(Stage& stage);
void play_low(Stage& stage);
void play_slow(Stage& stage);
void play_stop(Stage& stage);
void play_linger(Stage& stage);
void play_unix(Stage& stage);
void play_adopt(Stage& stage);
void play_dial(Stage& stage);
void play_name(Stage& stage);
void play_mux(Stage& stage);
void play_proxy(Stage& stage);

}  // namespace netpoll::faults
