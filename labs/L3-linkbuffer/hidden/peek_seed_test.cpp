// SPDX-License-Identifier: Apache-2.0
// peek beside a model that is a plain string: nodes, peeks and skips from the
// seed.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "labs/seed.h"
#include "link_buffer/text.h"
#include "netpoll/link_buffer/link_buffer.h"

namespace netpoll {
namespace {

using test::Seeded;

class PeekSeeded : public testing::Test {
 protected:
  // Bytes in nodes of sizes from the seed, as they would come from a peer.
  void arrive(std::size_t least, std::size_t most) {
    const std::string bytes = numbers_.text(numbers_.between(least, most));
    std::size_t at = 0;
    for (const std::size_t piece : numbers_.cuts(bytes.size())) {
      put_node(buffer_, bytes.substr(at, piece));
      at += piece;
    }
    unread_ += bytes;
  }
  void skip(std::size_t n) {
    ASSERT_FALSE(buffer_.skip(n));
    unread_.erase(0, n);
  }
  // Peeks at n bytes, and keeps the view.
  void peek(std::size_t n) {
    const auto view = buffer_.peek(n);
    ASSERT_EQ(text(view), unread_.substr(0, n))
        << "peek(" << n << ") of " << unread_.size() << " unread bytes";
    ASSERT_EQ(buffer_.size(), unread_.size()) << "a peek consumes nothing";
    views_.emplace_back(*view, unread_.substr(0, n));
  }
  void expect_views_whole() const {
    for (const auto& [view, bytes] : views_)
      ASSERT_EQ(text(view), bytes)
          << "a view of " << bytes.size()
          << " bytes has changed, and release() was not called";
  }

  Seeded numbers_{"peek"};
  LinkBuffer buffer_;
  std::string unread_;
  std::vector<std::pair<LinkBuffer::Bytes, std::string>> views_;
};

TEST_F(PeekSeeded, EveryViewShowsTheNextBytesAndStaysAsItIs) {
  for (int step = 0; step < 60; ++step) {
    if (unread_.size() < 20 || numbers_.once_in(3)) arrive(2, 40);
    ASSERT_NO_FATAL_FAILURE(peek(numbers_.between(1, unread_.size())));
    if (numbers_.once_in(3)) skip(numbers_.between(1, unread_.size() / 2));
    ASSERT_NO_FATAL_FAILURE(expect_views_whole());
    if (!numbers_.once_in(10)) continue;
    views_.clear();
    buffer_.release();
  }
}

TEST_F(PeekSeeded, TheSameBytesAreCopiedOnce) {
  arrive(60, 100);
  for (int step = 0; step < 10; ++step) {
    arrive(2, 20);
    const std::size_t n = numbers_.between(unread_.size() / 2, unread_.size());
    const auto first = buffer_.peek(n);
    const auto second = buffer_.peek(n);
    ASSERT_TRUE(first && second) << "peek(" << n << ") fails";
    ASSERT_EQ(text(second), unread_.substr(0, n));
    ASSERT_TRUE(first->data() == second->data())
        << "two peeks at the same " << n << " bytes made two copies";
  }
}

TEST_F(PeekSeeded, MoreThanThereIsIsRefusedAndAllThereIsIsNot) {
  for (int step = 0; step < 10; ++step) {
    arrive(2, 40);
    const auto view = buffer_.peek(unread_.size() + numbers_.between(1, 9));
    ASSERT_FALSE(view) << unread_.size() << " bytes are unread";
    ASSERT_EQ(view.error(), Errc::short_buffer);
    ASSERT_NO_FATAL_FAILURE(peek(unread_.size()));
    skip(numbers_.between(1, unread_.size() - 1));
  }
}

}  // namespace
}  // namespace netpoll
