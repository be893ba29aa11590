// SPDX-License-Identifier: Apache-2.0
#include "netpoll/link_buffer/block.h"

#include <bit>
#include <exception>
#include <utility>

#include "netpoll/base/log.h"
#include "netpoll/mcache/mcache.h"

namespace netpoll {
namespace {

class PooledBlock final : public Block {
 public:
  explicit PooledBlock(mcache::Memory memory)
      : Block({memory.base, memory.capacity}) {}
  PooledBlock(const PooledBlock&) = delete;
  PooledBlock& operator=(const PooledBlock&) = delete;
  ~PooledBlock() override { mcache::free({bytes_.data(), bytes_.size()}); }

  // The PooledBlock object comes from mcache too, and not only its bytes.
  // mcache is made for objects like this one: a poller's thread allocates them,
  // and a worker's thread frees them.
  static void* operator new(std::size_t size) {
    return mcache::malloc(size).base;
  }
  static void operator delete(void* block);
};

void PooledBlock::operator delete(void* block) {
  mcache::free(
      {static_cast<std::byte*>(block), std::bit_ceil(sizeof(PooledBlock))});
}

class LentBlock final : public Block {
 public:
  LentBlock(std::span<std::byte> bytes, std::move_only_function<void()> done)
      : Block(bytes), done_(std::move(done)) {}
  LentBlock(const LentBlock&) = delete;
  LentBlock& operator=(const LentBlock&) = delete;
  ~LentBlock() override {
    // What done() throws is caught here: an exception that leaves a destructor
    // ends the process.
    try {
      if (done_) done_();
    } catch (const std::exception& thrown) {
      log::warn("done() of a lent block", thrown.what());
    } catch (...) {
      log::warn("done() of a lent block", "threw no std::exception");
    }
  }

 private:
  std::move_only_function<void()> done_;
};

}  // namespace

Ref<Block> Block::pooled(std::size_t size) {
  return make_ref<PooledBlock>(mcache::malloc(size));
}

Ref<Block> Block::lent(std::span<std::byte> bytes,
                       std::move_only_function<void()> done) {
  return make_ref<LentBlock>(bytes, std::move(done));
}

}  // namespace netpoll
