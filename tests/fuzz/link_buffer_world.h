// SPDX-License-Identifier: Apache-2.0
#pragma once

// Two LinkBuffers and a few Slices, each beside its model, and the calls that a
// script may make on them. One thread is reader and writer of all.
//
//    LinkBuffer  <-> ReadModel (what is committed) + pending (what is not)
//    Slice       <-> ReadModel
//
// compare() asks after each call whether sizes, bytes and views still agree.

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/lender.h"
#include "fuzz/read_model.h"
#include "fuzz/script.h"
#include "fuzz/stream.h"

namespace netpoll::fuzz {

/// A LinkBuffer and what it should hold.
struct Pipe {
  std::unique_ptr<LinkBuffer> buffer = std::make_unique<LinkBuffer>();
  ReadModel model;
  std::string pending;
  // Bytes that malloc() returned and that are not written yet.
  std::vector<std::pair<std::span<std::byte>, std::string>> unfilled;

  void fill();
  void flush();
  void compare() const;
};

struct Part {
  Slice slice;
  ReadModel model;
};

class World {
 public:
  explicit World(Script script);

  bool is_over() const { return script_.is_over(); }
  void step();
  void compare() const;

 private:
  // link_buffer_writes.cpp
  void write(Pipe& pipe);
  void malloc_some(Pipe& pipe);
  void write_direct(Pipe& pipe);
  Ref<Block> block_of(const std::string& text);
  void malloc_ack(Pipe& pipe);
  void book(Pipe& pipe);
  void append(Pipe& to, Pipe& from);
  std::string text(std::size_t n);
  // link_buffer_fuzz.cpp
  void release(Pipe& pipe);
  void slice(Pipe& pipe);
  void use_slice(Pipe& pipe);
  void make_anew(Pipe& pipe);
  void call_from_done();

  Script script_;
  Stream stream_;
  std::size_t written_ = 0;
  bool may_call_from_done_ = false;
  Lender lender_;
  std::optional<std::pair<Ref<Block>, std::string>> inserted_;
  std::array<Pipe, 2> pipes_;
  std::vector<std::unique_ptr<Part>> parts_;
  std::vector<ConsumedNodes> consumed_;
};

}  // namespace netpoll::fuzz
