// SPDX-License-Identifier: Apache-2.0
#pragma once

// A queue of bytes between one writer and one reader, without copies.
//
//     head_      read_node_          flush_node_     write_node_
//       v            v                    v               v
//    [ node ] --> [ node ] --> … --> [ node ] --> … --> [ node ] --> null
//    '-- read, till --''-------- committed ---''-- malloc'ed, till flush --'
//        release()       size() = committed - consumed
//    reader: peek next skip until slice … release, or gather sendmsg skip
//    writer: malloc … malloc_ack flush,            or book readv book_ack
//
// The reader uses no byte, no end and no link beyond the number that its
// acquire of committed_ returned: that counter alone hands bytes from thread to
// thread. When all bytes are read, release() gives the last block back, so an
// idle buffer holds no block; tail_ decides which side may use the last block.
// Owns its nodes, which hold Blocks by Ref. Unlike upstream: race-free without
// a mutex in -race builds. Upstream: UnsafeLinkBuffer, nocopy_linkbuffer.go:54.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "netpoll/base/bytes.h"
#include "netpoll/base/result.h"
#include "netpoll/link_buffer/block.h"
#include "netpoll/link_buffer/consumed_nodes.h"

namespace netpoll {

class Slice;
struct Pieces;

class LinkBuffer {
 public:
  using Bytes = std::span<const std::byte>;
  static constexpr std::size_t kBlockSize = 4096;  // least block of malloc()
  LinkBuffer();
  ~LinkBuffer();  // Requires: no thread is inside a call of this buffer.
  LinkBuffer(const LinkBuffer&) = delete;
  LinkBuffer& operator=(const LinkBuffer&) = delete;
  /// The number of bytes committed and not consumed. The reader gets a lower
  /// bound, the writer an upper bound, other threads a past value. [any]
  std::size_t size() const;
  bool is_empty() const { return size() == 0; }
  /// Number of bytes committed since construction; it only grows. [any]
  std::uint64_t committed() const {
    // acquire: pairs with the release in flush(): the bytes are visible.
    return committed_.load(std::memory_order_acquire);
  }
  /// Number of bytes consumed since construction; it only grows. [reader]
  std::uint64_t consumed() const {
    return consumed_.load(std::memory_order_relaxed);  // only the reader stores
  }

  // The reader's half. A call for more than size() bytes returns the error
  // Errc::short_buffer and consumes nothing. Views stay valid until release().
  /// Consumes n bytes. If several nodes hold them, the view is a copy. [reader]
  [[nodiscard]] Result<Bytes> next(std::size_t n) {
    if (n > left_) refresh();
    if (n > left_) return next_across(n);
    return Bytes(consume(n), n);
  }
  /// The view that next(n) would return; consumes nothing. [reader]
  [[nodiscard]] Result<Bytes> peek(std::size_t n) {
    if (n > left_) refresh();
    if (n > left_) return peek_across(n);
    return Bytes(read_pos_, n);
  }
  /// Consumes n bytes and returns no view of them. [reader]
  [[nodiscard]] std::error_code skip(std::size_t n);
  /// Consumes all bytes up to and including the first `delimiter`. Without one:
  /// Errc::too_long if size() >= `max`, else Errc::short_buffer. [reader]
  [[nodiscard]] Result<Bytes> until(std::byte delimiter,
                                    std::size_t max = kNoLimit);
  [[nodiscard]] Result<Bytes> until(char delimiter, std::size_t max = kNoLimit);
  /// Consumes n bytes and returns a copy that outlives release(). [reader]
  [[nodiscard]] Result<std::string> read_string(std::size_t n);
  [[nodiscard]] Result<std::vector<std::byte>> read_binary(std::size_t n);
  [[nodiscard]] Result<std::byte> read_byte();
  /// Consumes n bytes into a Slice, which shares their memory, may outlive this
  /// buffer, and may be used by another thread. [reader]
  [[nodiscard]] Result<Slice> slice(std::size_t n);
  /// Where the first `c` is, counted from the next unread byte. Looks only at
  /// the unread bytes from number `skip` on and before number `max`. [reader]
  std::optional<std::size_t> index_byte(std::byte c, std::size_t skip = 0,
                                        std::size_t max = kNoLimit);
  Bytes bytes();  ///< All unread bytes in one piece: peek(size()). [reader]
  /// Puts non-empty views of the unread bytes, node by node, into `slices`, as
  /// many as fit, and returns how many. Consumes nothing. [reader]
  std::size_t gather(std::span<Bytes> slices);
  /// Returns views of all unread bytes, node by node. Unlike upstream, whose
  /// GetBytes may omit the last. [reader]
  std::vector<Bytes> gather();
  /// Ends all views and frees the memory that was kept for them; when all bytes
  /// are read, the last block too. May run done() of lent blocks. [reader]
  void release() {
    if (joined_ != nullptr || head_ != read_node_ || left_ == 0)
      static_cast<void>(take_consumed_nodes());
  }
  /// As release(), but the destructor of the result frees the memory, so that
  /// the caller can unlock its mutex first. [reader]
  [[nodiscard]] ConsumedNodes take_consumed_nodes();
  // The writer's half. The reader sees none of these bytes before flush().
  /// n contiguous, uninitialised bytes, to be filled before flush(). [writer]
  std::span<std::byte> malloc(std::size_t n) {
    if (n > room_) grow(n);
    room_ -= n;
    malloc_size_ += n;
    return {std::exchange(write_pos_, write_pos_ + n), n};
  }
  /// Keeps the first n of malloc_size() bytes, drops the rest. A larger n fails
  /// with Errc::invalid_argument. Unlike upstream, which then panics. [writer]
  [[nodiscard]] std::error_code malloc_ack(std::size_t n);
  /// Bytes malloc'ed, written and appended since the last flush(). [writer]
  std::size_t malloc_size() const { return malloc_size_; }
  /// Copies `bytes`. Unlike upstream, which only refers to more than 4 KiB, so
  /// they must not change (WriteBinary, nocopy_linkbuffer.go:493). [writer]
  void write_binary(Bytes bytes) { copy_bytes(bytes, malloc(bytes.size())); }
  void write_string(std::string_view text) { write_binary(as_bytes(text)); }
  void write_byte(std::byte byte) { malloc(1)[0] = byte; }
  /// Inserts `block`, uncopied, before the last `remain` malloc'ed bytes: in
  /// constant time if they lie in the last block. Views stay valid. If fewer
  /// are malloc'ed, fails with Errc::invalid_argument. [writer]
  [[nodiscard]] std::error_code write_direct(Ref<Block> block,
                                             std::size_t remain = 0);
  /// Appends the unread bytes of `other`, flushed or not, uncopied. Ends the
  /// views of `other`. Requires: no other thread uses `other`. [writer]
  void append(LinkBuffer&& other);
  /// Commits: the reader sees all bytes written so far. Never fails. [writer]
  std::error_code flush();
  /// Contiguous room for 1 to `want` bytes: the rest of the last block or, if
  /// that is below `want` and 512, a new block of `new_block` bytes. [writer]
  std::span<std::byte> book(std::size_t want, std::size_t new_block);
  /// Commits the first n booked bytes, drops the rest, and returns size(). An n
  /// above the booked number ends the process: memory was overwritten. [writer]
  std::size_t book_ack(std::size_t n);

 protected:
  /// Appends `part`, which lies in `block`, uncopied. For a Slice. [writer]
  void write_shared(Ref<Block> block, std::span<std::byte> part);

 private:
  friend struct LinkBufferPeer;  // a test that looks inside
  // Who may use the last block. writing: the writer, until flush(). parked: the
  // side that claims the block next. taken: the reader, for good.
  enum class Tail : std::uint8_t { writing, parked, taken };
  // Consumes n bytes, all in read_node_; returns the address of the first.
  std::byte* consume(std::size_t n) {
    // Only the reader stores consumed_. release: pairs with acquire in size().
    consumed_.store(consumed_.load(std::memory_order_relaxed) + n,
                    std::memory_order_release);
    left_ -= n;
    return std::exchange(read_pos_, read_pos_ + n);
  }
  [[nodiscard]] Result<Bytes> next_across(std::size_t n);
  [[nodiscard]] Result<Bytes> peek_across(std::size_t n);
  std::size_t refresh();
  void advance(std::size_t n);
  Pieces pieces();
  void copy_unread(std::size_t from, std::span<std::byte> to);
  Ref<Block> take_last_block();
  using Place = std::pair<Node*, std::byte*>;  // a byte's node and address
  std::size_t ack_few(std::size_t n);
  void open();
  void park();
  void grow(std::size_t n);
  void link(Node* node, bool may_extend);
  Node* cut_behind(Place place);
  Place find_uncommitted(std::size_t n) const;
  void insert(Place place, Ref<Block> block);
  // The writer's cache line; all threads read committed_, both sides use tail_.
  alignas(64) std::atomic<std::uint64_t> committed_ = 0;
  Node* flush_node_;                // the last node with committed bytes
  Node* write_node_;                // the last node
  std::byte* flush_end_ = nullptr;  // while writing: where the last flush ended
  std::byte* write_pos_ = nullptr;  // where the next malloc begins
  std::size_t room_ = 0;            // bytes free at write_pos_; not writing: 0
  std::size_t malloc_size_ = 0;     // uncommitted bytes; 0: not writing
  std::atomic<Tail> tail_ = Tail::taken;
  bool may_extend_ = false;  // write_node_ may grow to the end of its block
  // The reader's cache line; all threads read consumed_.
  alignas(64) std::atomic<std::uint64_t> consumed_ = 0;
  Node* head_;                      // the first node that is kept for views
  Node* read_node_;                 // holds the next unread byte, if any
  std::byte* read_pos_ = nullptr;   // the next unread byte
  std::size_t left_ = 0;            // bytes at read_pos_, known to be committed
  std::unique_ptr<Joined> joined_;  // copies made for views, or null
};

}  // namespace netpoll
