// SPDX-License-Identifier: Apache-2.0
//
// [worker] Where the handlers run.
#include "netpoll/connection/connection.h"

#include <exception>

#include "netpoll/base/log.h"

namespace netpoll {

// Holds the processing key from the start; let_go() gives it back.
void Connection::run_task() {
  if (!has(connected)) run_on_connect();
  do {
    handle_requests();
  } while (let_go());
}

void Connection::run_on_connect() {
  // Also when the peer has gone: what it sent before is handled too.
  if (!has(user_closed)) serve(on_connect_, "on_connect");
  input_.resume_if_room();  // it may have read, and perhaps did not release()
  // Whoever of the two comes second, this or hang_up(), sees the other's bit.
  if ((reach(connected) & hung_up) != 0) run_on_disconnect();
}

bool Connection::has_request() {
  if (!on_request_.is_set() || !has(connected) || input_.size() == 0 ||
      has(user_closed) || output_.has_backlog()) {
    return false;
  }
  // What the old handler has seen and left, a new one has not. relaxed: see
  // seen_.
  return input_.committed() != seen_.load(std::memory_order_relaxed) ||
         on_request_.has_new();
}

void Connection::handle_requests() {
  while (has_request()) {
    const std::uint64_t arrived = input_.committed();
    const std::uint64_t consumed = input_.consumed();
    // relaxed, here and below: see seen_.
    seen_.store(arrived, std::memory_order_relaxed);
    serve(on_request_, "on_request");
    if (input_.consumed() != consumed) {
      seen_.store(kNothing, std::memory_order_relaxed);
      input_.resume_if_room();
    } else if (input_.is_full() && input_.committed() == arrived) {
      refuse_more();
    } else {
      input_.resume();  // it waits for more, however little room there is
    }
  }
}

// It took nothing, and nothing more will come: neither side would ever move.
void Connection::refuse_more() {
  if (has(user_closed)) return;
  log::warn("max_input", "on_request took nothing of a full input; closed");
  close();
}

void Connection::run_disconnect_task() {
  run_on_disconnect();
  if (keys_.try_process()) run_task();
}

void Connection::run_on_disconnect() {
  if (on_disconnect_.is_set()) call(on_disconnect_.get(), "on_disconnect");
  reach(disconnected);
}

// A handler that may answer.
void Connection::serve(HandlerSlot& handler, const char* name) {
  output_.set_answering(true);
  call(handler.get(), name);
  output_.set_answering(false);
}

void Connection::call(const Handler& handler, const char* name) {
  try {
    handler(*this);
  } catch (const std::exception& error) {
    log::warn(name, error.what());
    close();
  } catch (...) {
    log::warn(name, "threw something that is no std::exception");
    close();
  }
}

}  // namespace netpoll
