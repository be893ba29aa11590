// SPDX-License-Identifier: Apache-2.0
#include "sort_server.h"

#include <cstdint>
#include <span>

#include "sort_numbers.h"

using netpoll::Connection;

namespace {

constexpr std::size_t kNumber = 4;  // bytes

std::uint32_t number_at(std::span<const std::byte> bytes) {
  std::uint32_t number = 0;
  for (const std::byte byte : bytes.first(kNumber))
    number = number << 8 | static_cast<std::uint32_t>(byte);
  return number;
}

// Answers the first request if it is there whole; false if it is not. The bytes
// go from the input straight to where they are sent from. Only numbers are ever
// written here, so the place is aligned for them.
bool answer_one(Connection& conn) {
  const auto head = conn.reader().peek(kNumber);
  if (!head) return false;
  const std::size_t count = number_at(*head);
  if (count > kNumbersMax) {
    conn.close();
    return false;
  }
  const std::size_t size = kNumber + count * kNumber;
  // Nobody takes memory for what has not come.
  if (conn.reader().size() < size) return false;
  const std::span<std::byte> room = conn.writer().malloc(size);
  static_cast<void>(conn.reader().read(room));  // all of it is there
  sort_numbers(room.subspan(kNumber));
  return true;
}

}  // namespace

// All requests that are there, and one flush for their answers.
void sort_request(Connection& conn) {
  while (answer_one(conn)) {
  }
  conn.reader().release();
  if (conn.writer().flush()) conn.close();
}
