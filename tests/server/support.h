// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the server's tests share: a listener on a free port, and clients that
// are plain blocking sockets.

#include <fcntl.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "netpoll/connection/runtime.h"
#include "netpoll/os/socket.h"
#include "netpoll/server/event_loop.h"
#include "netpoll/server/listener.h"
#include "support/net.h"

namespace netpoll::test {

inline Listener listen_anywhere() {
  return *Listener::listen("tcp", "127.0.0.1:0");
}

/// A connected socket that blocks, but not for ever.
inline UniqueFd client_of(const Address& server) {
  Result<UniqueFd> fd = os::connect_to(server, kPatience);
  if (!fd) return UniqueFd();
  ::fcntl(fd->get(), F_SETFL, ::fcntl(fd->get(), F_GETFL) & ~O_NONBLOCK);
  limit_waiting(fd->get());
  return *std::move(fd);
}

/// A loop that serves at `address`; declare what its handlers use before it.
class Serving {
 public:
  explicit Serving(Handlers handlers, const ConnectionOptions& options = {})
      : loop_(std::make_unique<EventLoop>(*runtime_, std::move(handlers),
                                          options)) {
    EXPECT_FALSE(loop_->start(std::move(listener_)));
  }

  EventLoop* operator->() const { return loop_.get(); }
  void destroy_loop() { loop_.reset(); }
  UniqueFd client() const { return client_of(address_); }
  const Address& address() const { return address_; }

 private:
  const FdsBalance balance_;
  const std::unique_ptr<Runtime> runtime_ = *Runtime::start({.pollers = 2});
  Listener listener_ = listen_anywhere();
  const Address address_ = listener_.address();
  std::unique_ptr<EventLoop> loop_;
};

}  // namespace netpoll::test
