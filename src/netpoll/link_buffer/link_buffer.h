// SPDX-License-Identifier: Apache-2.0
#pragma once

// A queue of bytes between one writer and one reader, without copies.
//
//     head_      read_node_          flush_node_     write_node_
//       v            v                    v               v
//    [ node ] --> [ node ] --> … --> [ node ] --> … --> [ node ] --> null
//    '-- read, till --''-------- committed ---''-- malloc'ed, till flush --'
//        release()       size() = committed - consumed
//
//    reader: peek next skip until slice … release, or gather sendmsg skip
//    writer: malloc … malloc_ack flush,            or book readv book_ack
//
// The reader uses no byte, no end and no link beyond what its acquire of
// committed_ tells it: bytes pass between the threads by that counter alone.
// When all is read, release() gives the last block back, so an idle buffer
// holds no memory; by tail_ the two settle who may use that block. Owns its
// nodes, which hold Blocks by Ref. Unlike upstream: race-free as shipped, not
// only by a mutex of race-detector builds. Upstream: nocopy_linkbuffer.go:54.

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

class Pieces;
class Slice;

class LinkBuffer {
 public:
  using Bytes = std::span<const std::byte>;
  static constexpr std::size_t kBlockSize = 4096;  // of malloc(), at least

  LinkBuffer();
  ~LinkBuffer();  // Requires: no thread is inside any other call.
  LinkBuffer(const LinkBuffer&) = delete;
  LinkBuffer& operator=(const LinkBuffer&) = delete;

  /// Bytes that wait for the reader. To the reader a lower bound, to the writer
  /// an upper one, to others a moment that has passed. [any]
  std::size_t size() const;
  bool is_empty() const { return size() == 0; }
  /// Bytes ever committed; only grows. [any]
  std::uint64_t committed() const {
    // acquire: pairs with the release in flush().
    return committed_.load(std::memory_order_acquire);
  }
  /// Bytes ever consumed; only grows. [reader]
  std::uint64_t consumed() const {
    // relaxed: the reader reads what it stored itself.
    return consumed_.load(std::memory_order_relaxed);
  }

  // The reader's half. More than size() is Errc::short_buffer and consumes
  // nothing; n == 0 succeeds. Views stay valid until release(): see joined.h.
  /// Consumes n bytes; copies only what lies in several nodes. [reader]
  Result<Bytes> next(std::size_t n) {
    if (n > left()) [[unlikely]]
      return next_across(n);
    const Bytes view(read_pos_, n);
    consume(n);
    return view;
  }
  /// As next(), but consumes nothing. [reader]
  Result<Bytes> peek(std::size_t n) {
    if (n > left()) [[unlikely]]
      return peek_across(n);
    return Bytes(read_pos_, n);
  }
  /// Consumes n bytes unseen. [reader]
  [[nodiscard]] std::error_code skip(std::size_t n);
  /// Consumes all bytes up to and including the first `delimiter`. Fails with
  /// Errc::too_long when the first `max` bytes hold none, with
  /// Errc::short_buffer when all bytes do and are fewer. [reader]
  Result<Bytes> until(std::byte delimiter, std::size_t max = kNoLimit);
  Result<Bytes> until(char delimiter, std::size_t max = kNoLimit) {
    return until(static_cast<std::byte>(delimiter), max);
  }
  /// Consumes n bytes into a copy that outlives release(). [reader]
  Result<std::string> read_string(std::size_t n);
  Result<std::vector<std::byte>> read_binary(std::size_t n);
  Result<std::byte> read_byte();
  /// Consumes n bytes into a reader of their own that shares the memory, may
  /// outlive this buffer and move to another thread (slice.h). [reader]
  Result<Slice> slice(std::size_t n);
  /// Where the first `c` is, counted from the next unread byte. Looks only at
  /// the bytes from number `skip` on and before number `max`. [reader]
  std::optional<std::size_t> index_byte(std::byte c, std::size_t skip = 0,
                                        std::size_t max = kNoLimit);
  Bytes bytes();  ///< Everything readable in one piece: peek(size()). [reader]
  /// Puts the readable pieces, in order and none empty, into `slices`, as far
  /// as they fit. Returns how many it put; consumes nothing. [reader]
  std::size_t gather(std::span<Bytes> slices);
  /// All; unlike upstream with the tail, nocopy_linkbuffer.go:613. [reader]
  std::vector<Bytes> gather();
  /// Ends all views and frees what was kept for them; when everything is read,
  /// the last block too. [reader]
  void release() {
    if (joined_ != nullptr || head_ != read_node_ || left() == 0)
      release_read();
  }
  /// As release(), but frees nothing: the destructor of what it returns does,
  /// later and outside the caller's lock (consumed_nodes.h). [reader]
  [[nodiscard]] ConsumedNodes take_consumed_nodes();

  // The writer's half. The reader sees nothing of it before flush().
  /// n contiguous, uninitialised bytes, the caller's until flush(). [writer]
  std::span<std::byte> malloc(std::size_t n) {
    if (n > room()) [[unlikely]]
      grow(n);
    const std::span<std::byte> view(write_pos_, n);
    write_pos_ += n;
    malloc_size_ += n;
    return view;
  }
  /// Keeps the first n of the malloc_size() bytes, drops the others. When there
  /// are fewer: Errc::invalid_argument. Unlike upstream, which then uses nil;
  /// or loses some after WriteDirect (nocopy_linkbuffer.go:388, #393). [writer]
  [[nodiscard]] std::error_code malloc_ack(std::size_t n);
  /// Bytes malloc'ed, written, appended since the last flush(). [writer]
  std::size_t malloc_size() const { return malloc_size_; }
  /// Copies, always. Unlike upstream, which refers to more than 4 KiB, though
  /// the caller may reuse them (nocopy_linkbuffer.go:493). [writer]
  void write_binary(Bytes bytes);
  void write_string(std::string_view text);
  void write_byte(std::byte byte) { malloc(1)[0] = byte; }
  /// Inserts `block` uncopied, `remain` bytes before the end of the malloc'ed;
  /// views stay valid. Errc::invalid_argument when there are fewer. [writer]
  [[nodiscard]] std::error_code write_direct(Ref<Block> block,
                                             std::size_t remain = 0);
  /// Moves what is unread in `other`, flushed or not, behind what is malloc'ed
  /// here; `other` is empty then, its views dead. Unlike upstream: the reader
  /// sees none before flush(). Requires: nobody else uses `other`. [writer]
  void append(LinkBuffer&& other);
  /// Commits: all since the last flush() turns readable. Never fails; a
  /// connection's flush(), of the same shape, may. [writer]
  std::error_code flush();
  /// As malloc() of 1 to `want` bytes: what the last block has left or, if that
  /// is next to nothing, from a new block of `new_block` bytes. [writer]
  std::span<std::byte> book(std::size_t want, std::size_t new_block);
  /// Commits the first n booked bytes, drops the rest; returns size().
  /// Requires: n bytes are booked, or memory is broken and all ends. [writer]
  std::size_t book_ack(std::size_t n);

 private:
  friend class Slice;
  static constexpr std::size_t kCacheLine = 64;
  enum class Tail : std::uint8_t {  // who may use the last committed block
    writing,  // the writer: it has malloc'ed and not flushed
    parked,   // nobody at the moment; either side may change that
    taken,    // the reader alone: the writer will begin a new block
  };
  std::size_t left() const { return Bytes(read_pos_, read_end_).size(); }
  std::size_t room() const { return Bytes(write_pos_, write_limit_).size(); }
  void consume(std::size_t n) {
    // One writer, so load + store. release: pairs with the acquire in size().
    consumed_.store(consumed() + n, std::memory_order_release);
    read_pos_ += n;
  }
  Result<Bytes> next_across(std::size_t n);
  Result<Bytes> peek_across(std::size_t n);
  std::size_t refresh();
  void advance(std::size_t n);
  Pieces pieces();
  void copy_unread(std::size_t from, std::span<std::byte> to);
  void release_read();
  Ref<Block> take_last_block();
  void open();
  void park();
  void grow(std::size_t n);
  void link(Node* node);
  void retreat_to(Node* node);
  std::pair<Node*, std::byte*> find_uncommitted(std::size_t n) const;
  void insert(Node* node, std::byte* place, Node* middle);
  void forget();

  // The writer's; committed_ is read by anyone, tail_ is for both.
  alignas(kCacheLine) std::atomic<std::uint64_t> committed_ = 0;
  Node* flush_node_;                  // the last with committed bytes
  Node* write_node_;                  // the last
  std::byte* write_pos_ = nullptr;    // where the next malloc begins
  std::byte* write_limit_ = nullptr;  // == write_pos_ while not writing
  std::size_t malloc_size_ = 0;       // 0: not writing
  std::atomic<Tail> tail_ = Tail::parked;
  // The reader's; consumed_ is read by anyone.
  alignas(kCacheLine) std::atomic<std::uint64_t> consumed_ = 0;
  Node* head_;                      // the first still kept for views
  Node* read_node_;                 // holds the next unread byte, if any
  std::byte* read_pos_ = nullptr;   // the next unread byte
  std::byte* read_end_ = nullptr;   // known to be committed up to here
  std::unique_ptr<Joined> joined_;  // copies made for views, or null
};

}  // namespace netpoll
