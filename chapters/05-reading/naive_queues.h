// SPDX-License-Identifier: Apache-2.0
#pragma once

// Three queues of bytes without a list of blocks; queues.cpp counts with them.

#include <deque>
#include <memory_resource>
#include <span>
#include <utility>
#include <vector>

using Bytes = std::span<const std::byte>;
using Area = std::pmr::vector<std::byte>;

// Counts what a queue copies, and the memory that it asks for.
struct Counts : std::pmr::memory_resource {
  std::size_t copied = 0, areas = 0, dead = 0, views = 0, kept = 0;
  void* do_allocate(std::size_t size, std::size_t align) override {
    if (align == 1) ++areas, kept += size;  // bytes, no pointers
    return ::operator new(size);
  }
  void do_deallocate(void* area, std::size_t size, std::size_t align) override {
    if (align == 1) kept -= size;
    ::operator delete(area);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override {
    return this == &other;
  }
};

// One area; what is left unread moves to its front.
struct Vector : Counts {
  Area bytes{this};
  long pos = 0;
  void write(Bytes b) {
    if (bytes.size() + b.size() > bytes.capacity())
      copied += bytes.size(), dead += std::exchange(views, 0);
    bytes.insert(bytes.end(), b.begin(), b.end());
  }
  std::size_t size() const { return bytes.size() - static_cast<size_t>(pos); }
  Bytes read(std::size_t n) {
    const long from = std::exchange(pos, pos + static_cast<long>(n));
    return ++views, Bytes(bytes.begin() + from, n);
  }
  void release() {
    copied += size(), views = 0;
    bytes.erase(bytes.begin(), bytes.begin() + std::exchange(pos, 0));
  }
};

// Small areas, no two of them side by side.
struct Deque : Counts {
  std::pmr::deque<std::byte> bytes{this};
  std::deque<Area> frames;
  void write(Bytes b) {  // the socket fills one piece: so from there, by a copy
    copied += b.size();
    bytes.insert(bytes.end(), b.begin(), b.end());
  }
  std::size_t size() const { return bytes.size(); }
  Bytes read(std::size_t n) {
    const auto end = bytes.begin() + static_cast<long>(n);
    copied += n, frames.emplace_back(bytes.begin(), end, this);
    return bytes.erase(bytes.begin(), end), Bytes(frames.back());
  }
  void release() { frames.clear(); }
};

// One area, used round and round. When it is full it doubles.
struct Ring : Counts {
  Area area{2048, this};
  std::deque<Area> frames;
  std::size_t head = 0, pos = 0, end = 0;  // released, read, written
  std::byte& at(std::size_t i) { return area[i % area.size()]; }
  void write(Bytes b) {
    while (end - head + b.size() > area.size()) {
      Area larger(2 * area.size(), this);
      for (std::size_t i = head; i < end; ++i)
        larger[i % larger.size()] = at(i);
      copied += end - head, dead += std::exchange(views, 0), area.swap(larger);
    }
    for (const std::byte one : b)
      at(end++) = one;
  }
  std::size_t size() const { return end - pos; }
  Bytes read(std::size_t n) {
    const std::size_t from = std::exchange(pos, pos + n);
    if (from % area.size() + n <= area.size())
      return ++views, Bytes(&at(from), n);
    copied += n;  // the frame goes on at the beginning of the area
    Area& frame = frames.emplace_back(this);
    frame.reserve(n);
    for (std::size_t i = from; i < pos; ++i)
      frame.push_back(at(i));
    return frame;
  }
  void release() { head = pos, views = 0, frames.clear(); }
};
