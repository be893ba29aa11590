// SPDX-License-Identifier: Apache-2.0
//
// What a reader sees, and a proxy passes on, from dirty memory: see
// stale_memory.h.

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <string_view>
#include <utility>

#include "connection/stale_memory.h"
#include "connection/support.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/link_buffer/slice.h"
#include "netpoll/os/socket.h"

namespace netpoll {
namespace {

using test::Served;
using test::stale::kSeeds;
using test::stale::kStale;
using test::stale::leave_secrets;
using test::stale::Random;
using test::stale::small_pair;

// Passes on what came, in one of the ways in which a proxy may do it.
void pass_on(Random& random, Input& in, Output& out) {
  const std::size_t n = in.size();
  LinkBuffer between;
  switch (random.below(4)) {
    case 0:
      out.append(*in.slice(n));
      break;
    case 1:
      out.write_binary(*in.next(n));
      break;
    case 2:
      std::move(*in.slice(n / 2)).move_to(between);
      std::move(*in.slice(n - n / 2)).move_to(between);
      out.append(std::move(between));
      break;
    default:
      const auto place = out.malloc(n + random.some());
      ASSERT_EQ(*in.read(place.first(n)), n);
      ASSERT_FALSE(out.malloc_ack(n));
  }
  in.release();
}

// Sends `text` in pieces of random sizes.
void send_pieces(Random& random, const Served& to, std::string_view text) {
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, random.some() + 1);
    ASSERT_TRUE(to.send(piece));
    text.remove_prefix(piece.size());
  }
}

// Broken variants: book_ack() commits all that was booked; the three of
// APeerGetsOnlyWhatWasFlushed.
TEST(StaleMemory, AProxyPassesOnOnlyWhatCame) {
  for (unsigned seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    leave_secrets();
    Random random(seed);
    Random choices(seed + 1000);
    Served back({}, test::kInline, small_pair);
    Served front({.on_request = [&](Connection& conn) {
      pass_on(choices, conn.reader(), back.conn().writer());
      ASSERT_FALSE(back.conn().writer().flush());
    }});
    front.conn().reader().set_read_size(1 + random.some());
    ASSERT_FALSE(back.start());
    ASSERT_FALSE(front.start());
    const std::string text = random.text(100'000);
    send_pieces(random, front, text);
    ASSERT_EQ(back.receive(text.size()), text);
    ASSERT_EQ(os::bytes_waiting(back.far()), 0u);
  }
}

// Takes some of what came, by one of the calls, and checks each size.
std::string take_some(Random& random, Input& in) {
  const std::size_t n = 1 + random.below(in.size());
  std::string place(n + 100, '#');
  const auto into = std::as_writable_bytes(std::span(place));
  switch (random.below(5)) {
    case 0: {
      const auto view = *in.next(n);
      EXPECT_EQ(view.size(), n);
      return std::string(test::text_of(view));
    }
    case 1: {
      EXPECT_EQ(in.peek(n)->size(), n);
      return *in.read_string(n);
    }
    case 2: {
      Slice slice = *in.slice(n);
      EXPECT_EQ(slice.size(), n);
      EXPECT_EQ(slice.next(n + 1).error(), Errc::short_buffer);
      return std::string(test::text_of(slice.bytes()));
    }
    default: {
      const std::size_t got = *in.read(into.first(n));
      EXPECT_LE(got, n);
      EXPECT_TRUE(place.ends_with(std::string(place.size() - got, '#')));
      return place.substr(0, got);
    }
  }
}

// Broken variants: book_ack() commits all that was booked; malloc_ack() drops
// nothing.
TEST(StaleMemory, AHandlerReadsOnlyWhatCame) {
  for (unsigned seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    leave_secrets();
    Random random(seed);
    Random choices(seed + 1000);
    const std::string text = random.text(20'000);
    std::string read;
    std::atomic<std::size_t> size = 0;
    Served served({.on_request = [&](Connection& conn) {
      read += take_some(choices, conn.reader());
      conn.reader().release();
      size = read.size();
    }});
    served.conn().reader().set_read_size(1 + random.some());
    ASSERT_FALSE(served.start());
    send_pieces(random, served, text);
    ASSERT_TRUE(test::eventually([&] { return size >= text.size(); }));
    ASSERT_TRUE(served.end());
    ASSERT_EQ(read, text);
  }
}

// Broken variant: index_byte() looks at 16 bytes behind the unread ones.
TEST(StaleMemory, NoDelimiterIsFoundBehindWhatCame) {
  leave_secrets();
  Served served({});
  ASSERT_FALSE(served.start());
  ASSERT_TRUE(served.send("half a line"));
  Input& in = served.conn().reader();
  ASSERT_TRUE(test::eventually([&] { return in.size() == 11; }));
  served.conn().set_read_deadline(Deadline::clock::now());
  EXPECT_EQ(in.until(kStale).error(), Errc::read_timeout);
  EXPECT_EQ(*in.read_string(11), "half a line");
}

}  // namespace
}  // namespace netpoll
