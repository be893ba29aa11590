// SPDX-License-Identifier: Apache-2.0
// A text through an input, with a limit, pieces, shares and reads of sizes that
// the seed chooses. The test is the poller and the reader at once.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "labs/seed.h"
#include "netpoll/connection/input.h"
#include "netpoll/os/socket.h"
#include "poller/support.h"
#include "support/net.h"

namespace netpoll {
namespace {

using test::Seeded;

class ReceiveHidden : public testing::Test {
 protected:
  std::size_t in_kernel() const { return os::bytes_waiting(pair_.near.get()); }

  // One fill(), and whether its answer fits what can be seen around it.
  void fill(std::size_t most) {
    const std::size_t room = limit_ - std::min(limit_, input_.size());
    const std::size_t kernel = in_kernel();
    const std::size_t before = input_.size();
    const Result<os::Moved> moved = input_.fill(pair_.near.get(), most);
    ASSERT_TRUE(moved) << "fill() failed: " << moved.error().message();
    ASSERT_FALSE(moved->eof) << "the peer is still there";
    ASSERT_EQ(input_.size() - before, moved->bytes)
        << "so many more can be read than fill() says have come";
    ASSERT_EQ(kernel - in_kernel(), moved->bytes)
        << "so many were taken out of the kernel, and fill() says another "
           "number";
    ASSERT_LE(moved->bytes, std::min({room, most}))
        << "the input had room for " << room << ", the share was " << most;
    const bool could = room > 0 && kernel > 0;
    ASSERT_EQ(moved->bytes > 0, could)
        << "room for " << room << ", and the kernel had " << kernel;
    ASSERT_EQ(moved->again, !could) << "`again` means: nothing came now";
    ASSERT_EQ(input_.is_paused(), room == 0)
        << "the poller pauses when the input is full, and only then";
  }
  void take(std::size_t most, std::string& got) {
    const auto text = input_.read_string(std::min(most, input_.size()));
    if (text) got += *text;
  }

  GoPool pool_;
  PoolRunner runner_{pool_};
  std::unique_ptr<Poller> poller_ = *Poller::open(runner_);
  test::Pair pair_ = test::socket_pair();
  Ref<Op> op_ = make_ref<Op>(pair_.near.get());
  Lifecycle life_{false};
  Activity activity_;
  Input input_{life_, *poller_, *op_, activity_};
  std::size_t limit_ = 0;
};

TEST_F(ReceiveHidden, EveryByteComesOnceWhateverTheSizes) {
  Seeded numbers("ReceiveHidden.Sizes");
  limit_ = numbers.between(50, 1500);
  input_.set_max_input(limit_);
  const std::string text = numbers.text(numbers.between(20'000, 40'000));
  std::string_view rest = text;
  std::string got;
  for (int round = 0; round < 5000 && got.size() < text.size(); ++round) {
    // Sometimes the kernel has nothing, and sometimes much.
    if (in_kernel() < 20'000 && !numbers.once_in(3)) {
      const std::size_t piece = std::min(rest.size(), numbers.between(1, 900));
      ASSERT_TRUE(test::send_all(pair_.far.get(), rest.substr(0, piece)));
      rest.remove_prefix(piece);
    }
    if (!input_.is_paused()) fill(numbers.between(1, 3000));
    if (HasFatalFailure()) return;
    // And sometimes the reader is slow, so that the input is full.
    if (input_.is_paused() || numbers.once_in(4)) take(limit_, got);
    if (numbers.once_in(4)) take(numbers.between(1, limit_), got);
  }
  EXPECT_EQ(got.size(), text.size()) << "so many of the bytes came";
  EXPECT_TRUE(got == text) << "the bytes are not those that were sent";
}

TEST_F(ReceiveHidden, TheEndComesAfterTheLastByteAndNoSooner) {
  Seeded numbers("ReceiveHidden.End");
  limit_ = numbers.between(50, 500);
  input_.set_max_input(limit_);
  const std::string text = numbers.text(numbers.between(1, 2000));
  ASSERT_TRUE(test::send_all(pair_.far.get(), text));
  pair_.far.reset();
  std::string got;
  bool ended = false;
  for (int round = 0; round < 1000 && !ended; ++round) {
    const Result<os::Moved> moved =
        input_.fill(pair_.near.get(), numbers.between(1, 300));
    ASSERT_TRUE(moved) << "fill() failed: " << moved.error().message();
    ended = moved->eof;
    ASSERT_TRUE(!ended || got.size() + input_.size() == text.size())
        << "the end was told after " << got.size() + input_.size()
        << " bytes of " << text.size();
    if (input_.size() == limit_ || numbers.once_in(2)) take(limit_, got);
  }
  take(limit_, got);
  EXPECT_TRUE(ended) << "the peer has finished, and nobody was told";
  EXPECT_TRUE(got == text) << "the bytes are not those that were sent";
}

// A share of 0 bytes: fill() finds nothing that it may read, and whether there
// is room shows when it looks again, as if the reader had been there meanwhile.
TEST_F(ReceiveHidden, APauseLastsOnlyWhileThereIsNoRoom) {
  Seeded numbers("ReceiveHidden.Pause");
  limit_ = numbers.between(50, 1500);
  input_.set_max_input(limit_);
  ASSERT_TRUE(test::send_all(pair_.far.get(), numbers.text(20'000)));
  std::string got;
  for (int round = 0; round < 20; ++round) {
    const std::size_t kernel = in_kernel();
    const Result<os::Moved> moved = input_.fill(pair_.near.get(), 0);
    ASSERT_TRUE(moved && moved->again) << "nothing came: that is `again`";
    ASSERT_EQ(in_kernel(), kernel) << "the share was 0 bytes";
    ASSERT_EQ(input_.is_paused(), input_.size() == limit_)
        << input_.size() << " bytes of " << limit_
        << " are unread: with room nobody else would end a pause, and without "
           "room nobody would make one";
    if (input_.is_paused()) take(limit_, got);
    fill(numbers.between(1, limit_));
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace netpoll
