// SPDX-License-Identifier: Apache-2.0
//
// What a writer sends from dirty memory: see stale_memory.h.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "connection/stale_memory.h"
#include "connection/support.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/link_buffer/slice.h"

namespace netpoll {
namespace {

using test::Served;
using test::stale::kSeeds;
using test::stale::kStale;
using test::stale::leave_secrets;
using test::stale::Random;
using test::stale::small_pair;

// One connection whose writer does all that a writer may, with a model: the
// text that was flushed, and the text that was not.
class WriterRound {
 public:
  explicit WriterRound(unsigned seed) : random_(seed) {
    EXPECT_FALSE(served_.start());
  }

  void step() {
    switch (random_.below(9)) {
      case 0:
      case 1:
        return malloc_more_than_kept();
      case 2:
        return write_string();
      case 3:
        return write_direct();
      case 4:
        return append_buffer();
      case 5:
        return append_slice();
      case 6:
        return receive();
      default:
        return flush();
    }
  }
  // Everything that was flushed arrives; what was not flushed never does.
  void close() {
    while (flush_now() == Errc::write_timeout)
      receive();
    malloc_more_than_kept();
    served_.conn().close();
    received_ += served_.receive(flushed_.size() + 4096);
    EXPECT_EQ(received_, flushed_);
  }
  // Whatever has arrived before the peer goes is the beginning of the text.
  void break_off() {
    flush();
    receive();
    served_.close_far();
    write_string();
    static_cast<void>(flush_now());
    EXPECT_TRUE(flushed_.starts_with(received_));
  }
  std::size_t stale_bytes_offered() const { return stale_; }

 private:
  Output& out() { return served_.conn().writer(); }

  void malloc_more_than_kept() {
    const std::string text = random_.text(random_.some());
    const auto place = out().malloc(text.size() + random_.some());
    stale_ += static_cast<std::size_t>(std::ranges::count(place, kStale));
    std::ranges::copy(test::bytes_of(text), place.begin());
    pending_ += text;
    ASSERT_FALSE(out().malloc_ack(pending_.size()));
  }
  void write_string() {
    const std::string text = random_.text(random_.some());
    out().write_string(text);
    pending_ += text;
  }
  void write_direct() {
    const std::string text = random_.text(random_.some());
    const std::size_t remain = random_.below(pending_.size() + 1);
    ASSERT_FALSE(out().write_direct(Block::owned(text), remain));
    pending_.insert(pending_.size() - remain, text);
  }
  // A part of the other buffer is read, a part is not flushed, and a part that
  // was malloc'ed is dropped.
  void append_buffer() {
    LinkBuffer other;
    const std::string text = random_.text(random_.some() + 1);
    const std::size_t flushed = random_.below(text.size());
    other.write_string(text.substr(0, flushed));
    other.flush();
    other.write_string(text.substr(flushed));
    static_cast<void>(other.malloc(random_.some()));
    ASSERT_FALSE(other.malloc_ack(text.size() - flushed));
    const std::size_t read = random_.below(flushed + 1);
    ASSERT_FALSE(other.skip(read));
    out().append(std::move(other));
    pending_ += text.substr(read);
  }
  void append_slice() {
    LinkBuffer other;
    const std::string text = random_.text(random_.some() + 1);
    other.write_string(text);
    other.flush();
    const std::size_t n = random_.below(text.size() + 1);
    out().append(*other.slice(n));
    pending_ += text.substr(0, n);
  }
  void flush() {
    const auto error = flush_now();
    ASSERT_TRUE(!error || error == Errc::write_timeout) << error.message();
  }
  // Sends what the socket takes, and waits for nothing.
  std::error_code flush_now() {
    flushed_ += std::exchange(pending_, {});
    served_.conn().set_write_deadline(Deadline::clock::now());
    return out().flush();
  }
  void receive() {
    std::string place(random_.below(20000) + 1, '\0');
    const ssize_t n =
        ::recv(served_.far(), place.data(), place.size(), MSG_DONTWAIT);
    if (n > 0) received_ += place.substr(0, static_cast<std::size_t>(n));
  }

  Random random_;
  Served served_{{}, test::kInline, small_pair};
  std::string pending_;
  std::string flushed_;
  std::string received_;
  std::size_t stale_ = 0;
};

// Broken variants: LinkBuffer::flush() commits the free room of the last block
// too; malloc_ack() drops nothing; gather() shows one byte more.
TEST(StaleMemory, APeerGetsOnlyWhatWasFlushed) {
  std::size_t stale = 0;
  for (unsigned seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    leave_secrets();
    WriterRound round(seed);
    for (int i = 0; i < 60; ++i)
      ASSERT_NO_FATAL_FAILURE(round.step());
    seed % 4 == 0 ? round.break_off() : round.close();
    stale += round.stale_bytes_offered();
    if (HasFailure()) return;
  }
  EXPECT_GT(stale, 0u) << "the pool gave no block that held a secret";
}

}  // namespace
}  // namespace netpoll
