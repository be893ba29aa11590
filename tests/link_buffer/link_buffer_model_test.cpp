// SPDX-License-Identifier: Apache-2.0
//
// LinkBuffer against a model: two std::deque of bytes, one for what is
// committed, one for what is not. 20,000 random calls from a fixed seed; after
// each the two must agree, and every view must still show what it showed.

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "link_buffer/text.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/link_buffer/slice.h"

namespace netpoll {
namespace {

class Model {
 public:
  explicit Model(unsigned seed) : random_(seed) {}

  void step() {
    switch (below(20)) {
      case 0:
        return malloc_some();
      case 1:
        return malloc_ack();
      case 2:
        return write_binary();
      case 3:
        return write_direct();
      case 4:
        return append();
      case 5:
      case 6:
      case 7:
        return flush();
      case 8:
        return book();
      case 9:
      case 10:
        return next();
      case 11:
      case 12:
        return peek();
      case 13:
        return skip();
      case 14:
        return until();
      case 15:
        return copies();
      case 16:
        return slice();
      case 17:
        return index_byte();
      case 18:
        return gather();
      default:
        return release();
    }
  }

  void compare() {
    ASSERT_EQ(buffer_.size(), readable_.size());
    ASSERT_EQ(buffer_.malloc_size(), pending_.size());
    for (const auto& [view, expected] : views_)
      ASSERT_EQ(text(view), expected);
  }

 private:
  using View = std::pair<LinkBuffer::Bytes, std::string>;

  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
  }
  // Mostly small, now and then several blocks; sometimes more than there is.
  std::size_t some() { return below(8) == 0 ? below(20000) : below(300); }
  std::size_t some_readable() {
    return below(10) == 0 ? readable_.size() + below(2)
                          : std::min(some(), readable_.size());
  }
  std::string letters(std::size_t n) {
    std::string text(n, ' ');
    std::ranges::generate(
        text, [this] { return static_cast<char>('a' + below(26)); });
    return text;
  }
  void add(const std::string& text) {
    pending_.insert(pending_.end(), text.begin(), text.end());
  }
  std::string front(std::size_t n) {
    return {readable_.begin(), readable_.begin() + static_cast<long>(n)};
  }
  void drop(std::size_t n) {
    readable_.erase(readable_.begin(),
                    readable_.begin() + static_cast<long>(n));
  }

  void malloc_some() {
    const std::string text = letters(some());
    std::ranges::copy(raw(text), buffer_.malloc(text.size()).begin());
    add(text);
  }
  void malloc_ack() {
    const std::size_t keep = below(pending_.size() + 3);
    const bool fits = keep <= pending_.size();
    ASSERT_EQ(buffer_.malloc_ack(keep),
              fits ? std::error_code() : Errc::invalid_argument);
    if (fits) pending_.resize(keep);
  }
  void write_binary() {
    const std::string text = letters(some());
    buffer_.write_string(text);
    add(text);
  }
  void write_direct() {
    const std::string text = letters(some());
    const std::size_t remain = below(pending_.size() + 1);
    ASSERT_FALSE(buffer_.write_direct(Block::owned(text), remain));
    pending_.insert(pending_.end() - static_cast<long>(remain), text.begin(),
                    text.end());
  }
  void append() {
    LinkBuffer other;
    const std::string text = letters(some() + 1);
    const std::size_t flushed = below(text.size());
    other.write_string(text.substr(0, flushed));
    other.flush();
    other.write_string(text.substr(flushed));
    const std::size_t read = below(flushed + 1);
    ASSERT_FALSE(other.skip(read));
    if (below(2) == 0) other.release();
    buffer_.append(std::move(other));
    add(text.substr(read));
  }
  void flush() {
    buffer_.flush();
    readable_.insert(readable_.end(), pending_.begin(), pending_.end());
    pending_.clear();
  }
  void book() {
    flush();
    const auto place = buffer_.book(some() + 1, 1 + some());
    const std::string text = letters(below(place.size() + 1));
    std::ranges::copy(raw(text), place.begin());
    add(text);
    flush_model();
    ASSERT_EQ(buffer_.book_ack(text.size()), readable_.size());
  }
  void flush_model() {
    readable_.insert(readable_.end(), pending_.begin(), pending_.end());
    pending_.clear();
  }

  void view(Result<LinkBuffer::Bytes> got, std::size_t n) {
    ASSERT_EQ(got.has_value(), n <= readable_.size());
    if (!got) {
      ASSERT_EQ(got.error(), Errc::short_buffer);
      return;
    }
    ASSERT_EQ(text(*got), front(n));
    views_.emplace_back(*got, front(n));
    if (views_.size() > 8) views_.pop_front();
  }
  void next() {
    const std::size_t n = some_readable();
    view(buffer_.next(n), n);
    if (n <= readable_.size()) drop(n);
  }
  void peek() {
    const std::size_t n = some_readable();
    view(buffer_.peek(n), n);
  }
  void skip() {
    const std::size_t n = some_readable();
    const bool fits = n <= readable_.size();
    ASSERT_EQ(!buffer_.skip(n), fits);
    if (fits) drop(n);
  }
  void until() {
    const char delimiter = static_cast<char>('a' + below(27));
    const auto found = std::ranges::find(readable_, delimiter);
    const auto n = static_cast<std::size_t>(found - readable_.begin()) + 1;
    view(buffer_.until(static_cast<std::byte>(delimiter)), n);
    if (n <= readable_.size()) drop(n);
  }
  void copies() {
    const std::size_t n = std::min(some(), readable_.size()) / 2;
    ASSERT_EQ(buffer_.read_string(n), front(n));
    drop(n);
    ASSERT_EQ(text(*buffer_.read_binary(n)), front(n));
    drop(n);
    if (readable_.empty()) return;
    ASSERT_EQ(buffer_.read_byte(), static_cast<std::byte>(readable_.front()));
    drop(1);
  }
  void slice() {
    const std::size_t n = std::min(some(), readable_.size());
    slices_.emplace_back(*buffer_.slice(n), front(n));
    drop(n);
    if (slices_.size() < 5) return;
    std::swap(slices_[below(5)], slices_.back());
    ASSERT_EQ(text(slices_.back().first.bytes()), slices_.back().second);
    slices_.pop_back();
  }
  void index_byte() {
    const char c = static_cast<char>('a' + below(27));
    const std::size_t skip = below(readable_.size() + 2);
    const auto from =
        readable_.begin() + static_cast<long>(std::min(skip, readable_.size()));
    const auto found = std::find(from, readable_.end(), c);
    const auto index = buffer_.index_byte(static_cast<std::byte>(c), skip);
    ASSERT_EQ(index.has_value(), found != readable_.end());
    if (!index) return;
    ASSERT_EQ(*index, static_cast<std::size_t>(found - readable_.begin()));
  }
  void gather() {
    std::string all;
    for (const auto slice : buffer_.gather()) {
      ASSERT_FALSE(slice.empty());
      all += text(slice);
    }
    ASSERT_EQ(all, front(readable_.size()));
  }
  void release() {
    views_.clear();
    buffer_.release();
  }

  std::mt19937 random_;
  LinkBuffer buffer_;
  std::deque<char> readable_;
  std::deque<char> pending_;
  std::deque<View> views_;
  std::vector<std::pair<Slice, std::string>> slices_;
};

void run(unsigned seed) {
  Model model(seed);
  for (int i = 0; i < 5000; ++i) {
    model.step();
    if (testing::Test::HasFatalFailure()) {
      FAIL() << "seed " << seed << ", step " << i;
    }
    ASSERT_NO_FATAL_FAILURE(model.compare())
        << "seed " << seed << ", step " << i;
  }
}

TEST(LinkBufferModel, AgreesAfterEachOfFiveThousandCallsSeed1) {
  run(1);
}
TEST(LinkBufferModel, AgreesAfterEachOfFiveThousandCallsSeed2) {
  run(2);
}
TEST(LinkBufferModel, AgreesAfterEachOfFiveThousandCallsSeed3) {
  run(3);
}
TEST(LinkBufferModel, AgreesAfterEachOfFiveThousandCallsSeed4) {
  run(4);
}

}  // namespace
}  // namespace netpoll
