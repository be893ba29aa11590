// SPDX-License-Identifier: Apache-2.0
#pragma once

// One client of the learner's program, over TCP. Every wait is bounded.

#include <cstddef>
#include <string>
#include <string_view>

#include "netpoll/os/unique_fd.h"
#include "server.h"

class Client {
 public:
  explicit Client(const Server& server);

  /// Sends `text`, which is short; whether it comes back.
  bool echoes(std::string_view text);
  /// Sends of `text` what the server takes while nothing is read back: all of
  /// it, or until there is no room and the server sleeps over what has come.
  void push(std::string_view text, const Server& server);
  /// Waits until the server has read what was sent, or sleeps over it.
  void settle(const Server& server) const;
  /// Reads what has come, while the server does not run; then sends some of
  /// what follows in `text`, which begins with what push() was given.
  void read_and_push(std::string_view text);
  /// Sends the rest of what push() was given, and reads until all came back, or
  /// nothing more comes.
  std::string finish();
  /// As finish(), and ends the client's direction when all is sent: before it
  /// reads, if it can.
  std::string finish_and_end(const Server& server);
  void end_sending() const;
  /// How `back`, from finish(), differs from what was sent: in words that are
  /// the same each time.
  std::string compared(std::string_view sent, std::string_view back) const;
  /// Whether the server ends the stream, and nothing comes before.
  bool sees_the_end() const;
  void close() { fd_.reset(); }
  /// Ends the connection by a reset.
  void reset();

 private:
  bool send_some();
  // Whether bytes of this client have come to the server, and it has not read
  // them.
  bool is_unread(const Server& server) const;
  bool is_settled(const Server& server) const;
  // False when nothing is there now, or the connection is over.
  bool read_some();

  netpoll::UniqueFd fd_;
  std::string_view unsent_;
  std::size_t pushed_ = 0;
  std::string back_;
  bool over_ = false;  // the server has ended the connection
};
