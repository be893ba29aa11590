// SPDX-License-Identifier: Apache-2.0
#include "calls.h"

#include <utility>

#include "frame.h"

namespace request_id {

void Calls::call(std::string request, Done done) {
  // Yours: an id, remember `done`, send a frame. In which order?
  static_cast<void>(request);
  static_cast<void>(done);
}

std::error_code Calls::receive(netpoll::LinkBuffer& in) {
  // Yours: for each whole frame, who waits for its id?
  static_cast<void>(in);
  return {};
}

void Calls::end(std::error_code error) {
  // Yours: nobody may wait for ever.
  static_cast<void>(error);
}

std::size_t Calls::waiting() const {
  return 0;  // Yours
}

}  // namespace request_id
