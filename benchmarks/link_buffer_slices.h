// SPDX-License-Identifier: Apache-2.0
#pragma once

// The LinkBuffer and its peers: 64 KiB go through a buffer, in messages of 4 KiB
// that are read as pieces of 128 bytes.
//
//    slices    a message is written, then its 32 pieces are read, 16 times; an
//              item is a piece, with its part of the write
//    read      all is written, then all is read; an item is the read of a piece
//
//    struct Peer {
//      void write(std::span<const char> message);   copies the bytes
//      void read(Tally& tally);   hands tally a piece of 128 bytes, drops it
//    };
//
// A peer hands out a view where it can give one, else a copy.

#include <benchmark/benchmark.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace netpoll::parts {

inline constexpr std::size_t kMessage = 4 << 10;
inline constexpr std::size_t kPiece = 128;
inline constexpr std::size_t kPieces = kMessage / kPiece;
inline constexpr std::size_t kMessages = (64 << 10) / kMessage;

using Message = std::array<char, kMessage>;
using Piece = std::array<char, kPiece>;

// Each piece begins with its number and ends with its number and 64: a piece
// that is cut elsewhere changes a sum of Tally.
inline Message stamped() {
  Message message{};
  for (std::size_t piece = 0; piece < kPieces; ++piece) {
    message[piece * kPiece] = static_cast<char>(piece);
    message[piece * kPiece + kPiece - 1] = static_cast<char>(piece + 64);
  }
  return message;
}

// Counts the bytes of all pieces, and adds the first and the last byte of each.
class Tally {
 public:
  void add(std::span<const char> piece) {
    benchmark::DoNotOptimize(piece.data());
    bytes_ += piece.size();
    first_ += static_cast<std::size_t>(piece.front());
    last_ += static_cast<std::size_t>(piece.back());
  }

  bool is_of(std::size_t messages) const {
    constexpr std::size_t kNumbers = kPieces * (kPieces - 1) / 2;
    return bytes_ == messages * kMessage && first_ == messages * kNumbers &&
           last_ == messages * (kNumbers + 64 * kPieces);
  }

 private:
  std::size_t bytes_ = 0;
  std::size_t first_ = 0;
  std::size_t last_ = 0;
};

// Compares what was read with what was written, and counts.
inline void finish(benchmark::State& state, const Tally& tally) {
  const auto messages =
      state.iterations() * static_cast<std::int64_t>(kMessages);
  if (!tally.is_of(static_cast<std::size_t>(messages)))
    state.SkipWithError("not the bytes that were written");
  state.SetItemsProcessed(messages * static_cast<std::int64_t>(kPieces));
  state.SetBytesProcessed(messages * static_cast<std::int64_t>(kMessage));
}

template <class Peer>
void slices(benchmark::State& state) {
  const Message message = stamped();
  Peer peer;
  Tally tally;
  for (auto _ : state) {
    for (std::size_t number = 0; number < kMessages; ++number) {
      peer.write(message);
      for (std::size_t piece = 0; piece < kPieces; ++piece)
        peer.read(tally);
    }
  }
  finish(state, tally);
}

// The clock is read twice for 512 pieces. Register with UseManualTime().
template <class Peer>
void read(benchmark::State& state) {
  const Message message = stamped();
  Peer peer;
  Tally tally;
  for (auto _ : state) {
    for (std::size_t number = 0; number < kMessages; ++number)
      peer.write(message);
    const auto began = std::chrono::steady_clock::now();
    for (std::size_t piece = 0; piece < kMessages * kPieces; ++piece)
      peer.read(tally);
    const auto ended = std::chrono::steady_clock::now();
    state.SetIterationTime(
        std::chrono::duration<double>(ended - began).count());
  }
  finish(state, tally);
}

}  // namespace netpoll::parts
