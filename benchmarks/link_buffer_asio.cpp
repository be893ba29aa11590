// SPDX-License-Identifier: Apache-2.0
//
// asio::streambuf: one array, data() is a view of what is unread.

#include <asio/buffer.hpp>
#include <asio/streambuf.hpp>

#include "link_buffer_slices.h"

namespace netpoll::parts {
namespace {

class Streambuf {
 public:
  void write(std::span<const char> message) {
    const auto room = buffer_.prepare(message.size());
    buffer_.commit(
        asio::buffer_copy(room, asio::buffer(message.data(), message.size())));
  }
  void read(Tally& tally) {
    const asio::const_buffer unread = buffer_.data();
    const std::span all(static_cast<const char*>(unread.data()), unread.size());
    tally.add(all.first(kPiece));
    buffer_.consume(kPiece);
  }

 private:
  asio::streambuf buffer_;
};

BENCHMARK(slices<Streambuf>)->Name("slices/asio::streambuf");
BENCHMARK(read<Streambuf>)->Name("read/asio::streambuf")->UseManualTime();

}  // namespace
}  // namespace netpoll::parts
