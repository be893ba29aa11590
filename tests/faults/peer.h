// SPDX-License-Identifier: Apache-2.0
#pragma once

// The other ends: plain sockets, whose calls never fail by a fault. Every
// function here is for a spared thread.

#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "netpoll/os/address.h"
#include "netpoll/os/unique_fd.h"
#include "stage.h"

namespace netpoll::faults {

/// A client's end of a connection: what it has to say, and what it has heard.
struct Talk {
  UniqueFd fd;
  std::string says;        // all that it sends
  std::string wants;       // all that must come back
  std::string heard = {};  // what has come
  std::size_t sent = 0;
  bool ended = false;  // the far end has closed, or the connection has failed

  bool is_over() const { return ended || heard.size() >= wants.size(); }
  /// Says `bytes`, and wants them back.
  void echo(std::string_view bytes) {
    says += bytes;
    wants += bytes;
  }
};

/// `size` bytes in which no two short pieces are alike.
std::string text(std::size_t size, unsigned seed = 1);

/// A connected socket; with `small` its receive buffer is. None: hung.
UniqueFd connect_plainly(const Address& address, bool small = false);
/// A listening socket on 127.0.0.1.
UniqueFd listen_plainly();

/// Sends and receives for all `talks` until each is over.
void converse(Stage& stage, std::span<Talk> talks);
/// Finishes sending, and hears the rest until the far end has ended too.
void end(Stage& stage, std::span<Talk> talks);
/// Hears until the far end of each has ended, and then closes it too.
void hear_end(Stage& stage, std::span<Talk> talks);
/// Compares what was heard with what was wanted, for the stage.
void judge(Stage& stage, std::span<const Talk> talks);

/// A server on a thread of its own that sends back, or only keeps, what comes.
class PlainServer {
 public:
  explicit PlainServer(bool answers = true);
  ~PlainServer();
  PlainServer(const PlainServer&) = delete;
  PlainServer& operator=(const PlainServer&) = delete;

  const Address& address() const { return address_; }
  /// All that has come on all connections, once they have ended.
  std::string heard();

 private:
  struct Guest {
    UniqueFd fd;
    std::string unsent = {};
    bool ended = false;
  };
  void serve();
  void look_at(Guest& guest, short events);

  const bool answers_;
  UniqueFd listener_;
  UniqueFd wake_;  // readable: the server is to end
  Address address_;
  std::vector<Guest> guests_;
  std::string heard_;
  std::thread thread_;
};

}  // namespace netpoll::faults
