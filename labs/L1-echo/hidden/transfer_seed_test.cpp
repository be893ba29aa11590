// SPDX-License-Identifier: Apache-2.0
// read_exact and write_all over messages, pieces and signals from the seed.
#include "transfer.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <deque>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "../../../exercises/01-blocking/1-read-exact/tests/kernel.h"
#include "labs/seed.h"

namespace {

using netpoll::test::Seeded;

// The pieces in which so many bytes are moved, with signals before some of
// them. None is the last: a signal behind the last byte would stay for the next
// call.
std::deque<int> moved_in_pieces(Seeded& numbers, std::size_t total) {
  std::deque<int> answers;
  for (const std::size_t piece : numbers.cuts(total)) {
    while (numbers.once_in(3))
      answers.push_back(kSignal);
    answers.push_back(static_cast<int>(piece));
  }
  return answers;
}

// What read_exact brings; behind the room there is more memory, which is not
// its own.
std::string read_message(Kernel& kernel, std::size_t size) {
  std::string memory(size + 200, '.');
  const auto got = read_exact(
      kernel.fd(), std::as_writable_bytes(std::span(memory)).first(size));
  if (!got) return "failed: " + got.error().message();
  if (memory.find_last_not_of('.') >= size)
    return "bytes were put behind the end of the room";
  return memory.substr(0, *got);
}

std::string told(std::error_code error) {
  return error ? "failed: " + error.message() : "all written";
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

const std::string kFailed =
    "failed: " + std::error_code(EIO, std::system_category()).message();

TEST(TransferSeeded, EachMessageArrivesWholeAndTheNextOneStays) {
  Seeded numbers("read");
  const auto sizes = numbers.sizes(5, 2, 30);
  const std::string all =
      numbers.text(std::accumulate(sizes.begin(), sizes.end(), 0U));
  Kernel kernel(all);
  std::size_t at = 0;
  for (const std::size_t size : sizes) {
    auto answers = moved_in_pieces(numbers, size);
    answers.back() += 5;  // the beginning of the next message is there too
    kernel.answers(answers);
    ASSERT_EQ(read_message(kernel, size), all.substr(at, size))
        << "message of " << size << " bytes, in several pieces";
    at += size;
    ASSERT_EQ(kernel.unread(), all.substr(at)) << "what must still be there";
  }
}

TEST(TransferSeeded, AStreamThatEndsInAMessageSaysHowFarItCame) {
  Seeded numbers("end");
  const std::string came = numbers.text(numbers.between(2, 30));
  Kernel kernel(came);
  std::deque<int> answers = moved_in_pieces(numbers, came.size());
  answers.push_back(kSignal);
  kernel.answers(answers);
  EXPECT_EQ(read_message(kernel, came.size() + numbers.between(1, 20)), came)
      << "the peer sent so much and closed; a signal came before the end";
}

TEST(TransferSeeded, EveryByteIsWrittenOnceInItsOrder) {
  Seeded numbers("write");
  std::string all;
  Kernel kernel;
  for (const std::size_t size : numbers.sizes(5, 2, 30)) {
    const std::string message = numbers.text(size);
    all += message;
    kernel.answers(moved_in_pieces(numbers, size));
    ASSERT_EQ(told(write_all(kernel.fd(), bytes_of(message))), "all written");
    ASSERT_EQ(kernel.written(), all) << "this message has " << size << " bytes";
  }
}

TEST(TransferSeeded, AFailureIsPassedOnAndNothingFollows) {
  Seeded numbers("failure");
  const std::string message = numbers.text(numbers.between(10, 30));
  std::deque<int> answers =
      moved_in_pieces(numbers, numbers.between(1, message.size() - 1));
  const int moved = std::accumulate(
      answers.begin(), answers.end(), 0,
      [](int sum, int answer) { return sum + std::max(answer, 0); });
  answers.push_back(kFailure);
  Kernel reader(message);
  reader.answers(answers);
  EXPECT_EQ(read_message(reader, message.size()), kFailed)
      << "read(2) failed with EIO after " << moved << " bytes";
  Kernel writer;
  writer.answers(answers);
  EXPECT_EQ(told(write_all(writer.fd(), bytes_of(message))), kFailed)
      << "write(2) failed with EIO after " << moved << " bytes";
  EXPECT_EQ(writer.written(),
            message.substr(0, static_cast<std::size_t>(moved)))
      << "nothing is written after a failure";
}

}  // namespace
