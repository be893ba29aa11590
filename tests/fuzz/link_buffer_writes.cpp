// SPDX-License-Identifier: Apache-2.0
//
// The calls of the writer's half, beside the model.

#include <algorithm>

#include "fuzz/link_buffer_world.h"

namespace netpoll::fuzz {

void Pipe::fill() {
  for (const auto& [room, text] : unfilled)
    copy_bytes(as_bytes(text), room);
  unfilled.clear();
}

void Pipe::flush() {
  fill();
  check(!buffer->flush(), "flush() fails");
  model.unread += pending;
  pending.clear();
}

void Pipe::compare() const {
  check(buffer->size() == model.unread.size(), "size()");
  check(buffer->is_empty() == model.unread.empty(), "is_empty()");
  check(buffer->malloc_size() == pending.size(), "malloc_size()");
  check(buffer->committed() - buffer->consumed() == buffer->size(),
        "committed() and consumed()");
  model.compare_views();
}

// The next `n` bytes to write; fewer when the script has written much.
std::string World::text(std::size_t n) {
  constexpr std::size_t kWrittenMax = 1 << 20;
  n = std::min(n, kWrittenMax - written_);
  written_ += n;
  return stream_.take(n);
}

void World::malloc_some(Pipe& pipe) {
  const std::string bytes = text(script_.size());
  const std::span<std::byte> room = pipe.buffer->malloc(bytes.size());
  check(room.size() == bytes.size(), "malloc() returns another size");
  pipe.unfilled.emplace_back(room, bytes);
  pipe.pending += bytes;
  if (script_.below(2) == 0) pipe.fill();
}

void World::write(Pipe& pipe) {
  const std::size_t kind = script_.below(3);
  std::string bytes = text(kind == 2 ? 1 : script_.size());
  pipe.pending += bytes;
  if (kind == 0) pipe.buffer->write_string(bytes);
  if (kind == 1) pipe.buffer->write_binary(as_bytes(bytes));
  if (kind == 2 && !bytes.empty())
    pipe.buffer->write_byte(static_cast<std::byte>(bytes[0]));
  std::ranges::fill(bytes, '!');  // the memory is the caller's again
}

Ref<Block> World::block_of(const std::string& bytes) {
  const auto raw = as_bytes(bytes);
  switch (script_.below(3)) {
    case 0:
      return Block::owned(bytes);
    case 1:
      return Block::owned(std::vector<std::byte>(raw.begin(), raw.end()));
    default:
      return lender_.lend(bytes);
  }
}

void World::write_direct(Pipe& pipe) {
  // Now and then the block of an earlier call, which two nodes show then.
  if (!inserted_ || script_.below(4) != 0) {
    const std::string bytes = text(script_.size());
    inserted_.emplace(block_of(bytes), bytes);
  }
  const auto [block, bytes] = *inserted_;
  if (script_.below(2) == 0) inserted_.reset();
  written_ += bytes.size();
  const std::size_t remain = script_.size_of(pipe.pending.size());
  const std::error_code error = pipe.buffer->write_direct(block, remain);
  if (remain > pipe.pending.size()) {
    return check(error == Errc::invalid_argument, "write_direct(): remain");
  }
  check(!error, "write_direct() fails");
  pipe.pending.insert(pipe.pending.size() - remain, bytes);
}

void World::malloc_ack(Pipe& pipe) {
  pipe.fill();  // what is dropped may be handed out again
  const std::size_t n = script_.size_of(pipe.pending.size());
  const std::error_code error = pipe.buffer->malloc_ack(n);
  if (n > pipe.pending.size()) {
    return check(error == Errc::invalid_argument, "malloc_ack() of too much");
  }
  check(!error, "malloc_ack() fails");
  pipe.pending.resize(n);
}

void World::book(Pipe& pipe) {
  pipe.flush();  // who books does not write
  const std::size_t want = script_.size();
  const std::size_t new_block = 1 + script_.size();
  const std::span<std::byte> room = pipe.buffer->book(want, new_block);
  check(room.size() <= want, "book() returns more than it was asked for");
  check(want == 0 || !room.empty(), "book() returns no room");
  const std::string bytes =
      text(std::min(room.size(), script_.size_of(room.size())));
  std::ranges::fill(room, std::byte{'?'});  // what is dropped was written too
  copy_bytes(as_bytes(bytes), room);
  pipe.model.unread += bytes;
  check(pipe.buffer->book_ack(bytes.size()) == pipe.model.unread.size(),
        "book_ack() returns another size");
}

void World::append(Pipe& to, Pipe& from) {
  from.model.views.clear();
  to.buffer->append(std::move(*from.buffer));
  to.pending += std::exchange(from.model.unread, {});
  to.pending += std::exchange(from.pending, {});
  std::ranges::move(from.unfilled, std::back_inserter(to.unfilled));
  from.unfilled.clear();
}

}  // namespace netpoll::fuzz
