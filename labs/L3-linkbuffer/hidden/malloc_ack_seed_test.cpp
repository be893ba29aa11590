// SPDX-License-Identifier: Apache-2.0
// malloc_ack beside a model that is a plain string: sizes, pages and what is
// kept come from the seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "labs/seed.h"
#include "link_buffer/text.h"
#include "netpoll/link_buffer/link_buffer.h"

namespace netpoll {
namespace {

using test::Seeded;

class MallocAckSeeded : public testing::Test {
 protected:
  // A page that somebody lent: where it stands in the uncommitted bytes.
  struct Page {
    std::vector<std::byte> memory;
    std::string bytes;
    std::size_t at;
    int back = 0;
    int expected_back = 0;
  };

  void write(std::size_t n) {
    const std::string bytes = numbers_.text(n);
    copy_bytes(raw(bytes), buffer_.malloc(n));
    uncommitted_ += bytes;
  }
  void lend(std::size_t n) {
    const std::string bytes = numbers_.text(n);
    const auto view = raw(bytes);
    Page& page = pages_.emplace_back(
        Page{{view.begin(), view.end()}, bytes, uncommitted_.size()});
    ASSERT_FALSE(buffer_.write_direct(
        Block::lent(page.memory, [&page] { ++page.back; })));
    uncommitted_ += bytes;
  }
  // Puts a block of our own before some of the bytes that were written last.
  void insert(std::size_t remain) {
    const std::string bytes = numbers_.text(numbers_.between(1, 20));
    ASSERT_FALSE(
        buffer_.write_direct(Block::owned(std::string(bytes)), remain));
    uncommitted_.insert(uncommitted_.size() - remain, bytes);
  }
  void keep(std::size_t n) {
    ASSERT_FALSE(buffer_.malloc_ack(n))
        << n << " of " << uncommitted_.size() << " uncommitted bytes";
    uncommitted_.resize(n);
    for (Page& page : pages_)
      if (page.at >= n && !is_flushed(page)) page.expected_back = 1;
    ASSERT_EQ(buffer_.malloc_size(), n);
    for (const Page& page : pages_)
      ASSERT_EQ(page.back, page.expected_back)
          << "how often done() of a page at byte " << page.at
          << " was called; the first " << n << " bytes were kept";
  }
  void flush() {
    buffer_.flush();
    committed_ += uncommitted_;
    uncommitted_.clear();
    flushed_pages_ = pages_.size();
  }
  bool is_flushed(const Page& page) const {
    const auto first_open =
        pages_.begin() + static_cast<std::ptrdiff_t>(flushed_pages_);
    return std::none_of(first_open, pages_.end(),
                        [&](const Page& open) { return &open == &page; });
  }
  void expect_all_in_order() {
    flush();
    EXPECT_EQ(text(buffer_.bytes()), committed_);
    for (const Page& page : pages_)
      EXPECT_EQ(text(page.memory), page.bytes)
          << "somebody wrote into memory that was lent";
  }

  Seeded numbers_{"malloc_ack"};
  std::deque<Page> pages_;  // outlives the buffer, which calls done()
  std::size_t flushed_pages_ = 0;
  std::string committed_;
  std::string uncommitted_;
  LinkBuffer buffer_;
};

TEST_F(MallocAckSeeded, WhatIsKeptStaysAndWhatFollowsComesBehindIt) {
  for (int step = 0; step < 40; ++step) {
    write(numbers_.between(1, 3000));
    if (numbers_.once_in(3)) write(numbers_.between(1, 3000));
    ASSERT_NO_FATAL_FAILURE(keep(numbers_.between(0, uncommitted_.size())));
    if (numbers_.once_in(2)) write(numbers_.between(1, 50));
    if (numbers_.once_in(4)) flush();
  }
  expect_all_in_order();
}

TEST_F(MallocAckSeeded, PagesInBetweenGoBackOrStayWhole) {
  for (int step = 0; step < 40; ++step) {
    write(numbers_.between(1, 100));
    ASSERT_NO_FATAL_FAILURE(lend(numbers_.between(8, 64)));
    const std::size_t foot = numbers_.between(1, 100);
    write(foot);
    if (numbers_.once_in(3)) {
      ASSERT_NO_FATAL_FAILURE(insert(numbers_.between(1, foot)));
    }
    if (numbers_.once_in(2)) {
      ASSERT_NO_FATAL_FAILURE(keep(numbers_.between(0, uncommitted_.size())));
    }
    write(numbers_.between(1, 20));
    if (numbers_.once_in(4)) flush();
  }
  expect_all_in_order();
}

TEST_F(MallocAckSeeded, TooManyIsRefusedAndChangesNothing) {
  for (int step = 0; step < 10; ++step) {
    write(numbers_.between(1, 200));
    ASSERT_EQ(buffer_.malloc_ack(uncommitted_.size() + numbers_.between(1, 99)),
              Errc::invalid_argument);
    ASSERT_EQ(buffer_.malloc_size(), uncommitted_.size());
    ASSERT_NO_FATAL_FAILURE(keep(numbers_.between(1, uncommitted_.size())));
  }
  expect_all_in_order();
}

}  // namespace
}  // namespace netpoll
