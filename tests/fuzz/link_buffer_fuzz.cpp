// SPDX-License-Identifier: Apache-2.0
//
// Any sequence of LinkBuffer's and Slice's public calls, beside a std::string.

#include <cstddef>
#include <cstdint>

#include "fuzz/link_buffer_world.h"

namespace netpoll::fuzz {

World::World(Script script)
    : script_(script), lender_([this] { call_from_done(); }) {}

// done() of a lent block may call the buffers. It does so here when the model
// and the buffers agree: when the step has only let memory go.
void World::call_from_done() {
  if (!may_call_from_done_) return;
  for (Pipe& pipe : pipes_) {
    pipe.compare();
    const std::string byte = text(1);
    pipe.buffer->write_string(byte);
    pipe.pending += byte;
  }
}

void World::release(Pipe& pipe) {
  pipe.model.views.clear();
  may_call_from_done_ = true;
  if (script_.below(4) != 0) {
    pipe.buffer->release();
  } else if (consumed_.size() < 3) {
    consumed_.push_back(pipe.buffer->take_consumed_nodes());
  } else {
    consumed_.erase(consumed_.begin());
  }
  may_call_from_done_ = false;
}

void World::slice(Pipe& pipe) {
  constexpr std::size_t kPartsMax = 4;
  const std::size_t n = script_.size_of(pipe.model.unread.size());
  Result<Slice> cut = pipe.buffer->slice(n);
  if (!succeeded(cut, n, pipe.model)) return;
  auto part = std::make_unique<Part>(std::move(*cut));
  part->model.unread = pipe.model.take(n);
  parts_.push_back(std::move(part));
  if (parts_.size() > kPartsMax) parts_.erase(parts_.begin());
}

// A call of one Slice, or the end of it.
void World::use_slice(Pipe& pipe) {
  if (parts_.empty()) return;
  const std::size_t at = script_.below(parts_.size());
  Part& part = *parts_[at];
  const std::size_t kind = script_.below(kReadKinds + 5);
  if (kind < kReadKinds)
    return read_step(part.slice, part.model, script_, kind);
  switch (kind - kReadKinds) {
    case 0:
      part.model.views.clear();
      may_call_from_done_ = true;
      part.slice.release();
      may_call_from_done_ = false;
      return;
    case 1: {
      const std::size_t n = script_.size_of(part.model.unread.size());
      Result<Slice> cut = part.slice.slice(n);
      if (!succeeded(cut, n, part.model)) return;
      Part& other = *parts_[script_.below(parts_.size())];
      const std::string taken = part.model.take(n);
      other.model = {.unread = taken, .views = {}};
      other.slice = std::move(*cut);
      return;
    }
    case 2:  // into a new Slice
      parts_[at] = std::make_unique<Part>(
          Part{std::move(part.slice), {part.model.unread, {}}});
      return;
    case 3:
      std::move(part.slice).move_to(*pipe.buffer);
      pipe.pending += part.model.unread;
      break;
    default:
      break;
  }
  may_call_from_done_ = true;
  parts_.erase(parts_.begin() + static_cast<std::ptrdiff_t>(at));
  may_call_from_done_ = false;
}

void World::make_anew(Pipe& pipe) {
  pipe = Pipe();
}

void World::step() {
  const std::size_t kind = script_.byte();
  Pipe& pipe = pipes_[kind >> 7];
  Pipe& other = pipes_[1 - (kind >> 7)];
  constexpr std::size_t kFirstRead = 18;
  const std::size_t call = (kind & 0x7f) % (kFirstRead + kReadKinds + 2);
  if (call >= kFirstRead)
    return read_step(*pipe.buffer, pipe.model, script_, call - kFirstRead);
  switch (call) {
    case 0:
      return malloc_some(pipe);
    case 1:
    case 2:
      return write(pipe);
    case 3:
    case 4:
      return write_direct(pipe);
    case 5:
      return malloc_ack(pipe);
    case 6:
      return book(pipe);
    case 7:
      return append(pipe, other);
    case 8:
    case 9:
    case 10:
      return slice(pipe);
    case 11:
    case 12:
      return use_slice(pipe);
    case 13:
      return script_.below(8) == 0 ? make_anew(pipe) : pipe.fill();
    case 14:
    case 15:
      return release(pipe);
    default:
      return pipe.flush();
  }
}

void World::compare() const {
  for (const Pipe& pipe : pipes_)
    pipe.compare();
  for (const auto& part : parts_) {
    check(part->slice.size() == part->model.unread.size(), "size of a Slice");
    part->model.compare_views();
  }
}

}  // namespace netpoll::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using netpoll::fuzz::World;
  World world{netpoll::fuzz::Script({data, size})};
  while (!world.is_over()) {
    world.step();
    world.compare();
  }
  return 0;
}
