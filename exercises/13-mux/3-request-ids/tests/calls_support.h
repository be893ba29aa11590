// SPDX-License-Identifier: Apache-2.0
#pragma once

// Calls without a connection: the tests hand over the bytes themselves.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "calls.h"
#include "frame.h"
#include "netpoll/base/result.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/mux/shard_queue.h"
#include "support.h"

namespace request_id::test {

using netpoll::Errc;
using netpoll::LinkBuffer;
using netpoll::Result;
using netpoll::ShardQueue;
using Words = std::vector<std::string>;

inline std::string told(const Result<std::string>& answer) {
  return answer ? *answer : "[" + answer.error().message() + "]";
}

// A connection that only remembers; the test is the server.
class RequestIdCalls : public testing::Test {
 protected:
  // A call whose result goes to the end of results_.
  void call(const std::string& request) {
    calls_.call(request, [this](Result<std::string> answer) {
      results_.push_back(told(answer));
    });
  }
  std::vector<Frame> sent() {
    std::vector<Frame> all;
    sent_.flush();
    while (sent_.size() >= 12) {
      const std::string head = *sent_.read_string(12);
      std::uint64_t length = 0;
      std::uint64_t id = 0;
      for (int i = 0; i < 12; ++i) {
        std::uint64_t& number = i < 4 ? length : id;
        number = number << 8 | static_cast<unsigned char>(head[i]);
      }
      if (length < 8 || length - 8 > sent_.size()) break;
      all.push_back({id, *sent_.read_string(length - 8)});
    }
    return all;
  }
  // Ends once another thread has asked calls_ something.
  void ask_on_another_thread() {
    std::thread([this] { static_cast<void>(calls_.waiting()); }).join();
  }
  // The requests `a`, `b`, `c`, and their ids; 0 where none was sent.
  std::vector<std::uint64_t> three_calls() {
    for (const char* request : {"a", "b", "c"})
      call(request);
    std::vector<std::uint64_t> ids(3);
    for (const auto& one : sent()) {
      if (one.payload.size() == 1 && one.payload[0] >= 'a' &&
          one.payload[0] <= 'c')
        ids[static_cast<std::size_t>(one.payload[0] - 'a')] = one.id;
    }
    return ids;
  }

  const TimeLimit limit_{"call(), receive() or end() does not return",
                         TimeLimit::Time(400)};  // the tests say more
  std::function<bool(ShardQueue::Getter)> send_ = [this](auto getter) {
    getter(sent_);
    return true;
  };
  LinkBuffer sent_;
  LinkBuffer in_;
  std::vector<std::string> results_;
  Calls calls_{
      [this](ShardQueue::Getter getter) { return send_(std::move(getter)); }};
};

}  // namespace request_id::test
