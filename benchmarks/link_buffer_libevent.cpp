// SPDX-License-Identifier: Apache-2.0
//
// libevent's evbuffer: a list of chunks. evbuffer_pullup() gives a view, and
// copies only when the bytes lie in several chunks.

#include <event2/buffer.h>

#include <memory>

#include "link_buffer_slices.h"

namespace netpoll::parts {
namespace {

struct FreeBuffer {
  void operator()(evbuffer* freed) const { evbuffer_free(freed); }
};

class Evbuffer {
 public:
  void write(std::span<const char> message) {
    evbuffer_add(buffer_.get(), message.data(), message.size());
  }
  void read(Tally& tally) {
    const void* const piece = evbuffer_pullup(buffer_.get(), kPiece);
    tally.add({static_cast<const char*>(piece), kPiece});
    evbuffer_drain(buffer_.get(), kPiece);
  }

 private:
  std::unique_ptr<evbuffer, FreeBuffer> buffer_{evbuffer_new()};
};

BENCHMARK(slices<Evbuffer>)->Name("slices/evbuffer");
BENCHMARK(read<Evbuffer>)->Name("read/evbuffer")->UseManualTime();

}  // namespace
}  // namespace netpoll::parts
