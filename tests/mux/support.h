// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the tests of ShardQueue share: access to its counter next_, and getters.
// Each test holds the far end of the queue's connection.

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

#include "connection/support.h"
#include "netpoll/mux/shard_queue.h"
#include "netpoll/os/socket.h"

namespace netpoll {

/// A friend of ShardQueue.
class ShardQueueTest : public ::testing::Test {
 protected:
  static void set_next(ShardQueue& queue, std::uint32_t next) {
    queue.next_.store(next, std::memory_order_relaxed);
  }
};

namespace test {

/// A getter that writes one packet with this text.
inline ShardQueue::Getter packet(std::string text) {
  return [text = std::move(text)](LinkBuffer& packets) {
    packets.write_string(text);
  };
}

/// A getter whose packet is larger than what a socket takes.
inline ShardQueue::Getter large_packet(std::size_t size = 4u << 20) {
  return packet(std::string(size, 'x'));
}

/// The number of bytes that the far end can read without waiting.
inline std::size_t arrived(const Served& served) {
  return os::bytes_waiting(served.far());
}

}  // namespace test
}  // namespace netpoll
