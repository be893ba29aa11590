// SPDX-License-Identifier: Apache-2.0
#include "calls.h"

#include <utility>

#include "frame.h"

namespace request_id {

using netpoll::Errc;
using netpoll::fail;
using netpoll::LinkBuffer;

void Calls::call(std::string request, Done done) {
  std::error_code ended;
  std::uint64_t id = 0;
  {
    const std::lock_guard lock(mutex_);
    ended = ended_;
    if (!ended) {
      id = ++last_id_;
      // Before it is sent: the answer may come before send_() returns.
      waiting_.emplace(id, std::move(done));
    }
  }
  if (ended) return done(fail(ended));
  const bool sent =
      send_([id, request = std::move(request)](LinkBuffer& packets) {
        write_frame(packets, id, request);
      });
  if (!sent) finish(id, fail(Errc::conn_closed));
}

std::error_code Calls::receive(LinkBuffer& in) {
  for (;;) {
    auto frame = read_frame(in);
    if (!frame && frame.error() == Errc::short_buffer) return {};
    if (!frame) return frame.error();
    finish(frame->id, std::move(frame->payload));
  }
}

void Calls::end(std::error_code error) {
  std::unordered_map<std::uint64_t, Done> left;
  {
    const std::lock_guard lock(mutex_);
    if (!ended_) ended_ = error;
    left.swap(waiting_);
  }
  for (auto& [id, done] : left)
    done(fail(error));
}

std::size_t Calls::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

// Whoever takes the call out of waiting_ finishes it; anybody else comes too
// late. Calls `done` without the lock, since it may call this object.
void Calls::finish(std::uint64_t id, netpoll::Result<std::string> answer) {
  Done done;
  {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(id);
    if (found == waiting_.end()) return;
    done = std::move(found->second);
    waiting_.erase(found);
  }
  done(std::move(answer));
}

}  // namespace request_id
