// SPDX-License-Identifier: Apache-2.0
#pragma once

// The numbers of a hidden test: sizes, pieces, pauses. All of them follow from
// one seed, which the teacher chooses; the generator is public, the seed is not.
//
//    Seeded numbers("PeekHidden");      // a stream of its own for each name
//    numbers.sizes(3, 1, 9)             // 4 7 1
//    numbers.cuts(10)                   // 3 1 6: pieces that are 10 together
//
// The same seed gives the same numbers on every machine: std::mt19937 and
// std::seed_seq are laid down by the standard to the last bit, unlike
// std::uniform_int_distribution, which is not used.

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace netpoll::test {

/// The number in the environment variable LAB_SEED; 1 if there is none.
inline std::uint64_t lab_seed() {
  const char* const set = std::getenv("LAB_SEED");
  if (set == nullptr) return 1;
  const std::string_view text(set);
  std::uint64_t seed = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error != std::errc{} || end != text.data() + text.size())
    throw std::invalid_argument("LAB_SEED is no number");
  return seed;
}

/// Numbers that follow from lab_seed() and a name, and from nothing else: it
/// does not matter which other tests run, nor in which order.
class Seeded {
 public:
  explicit Seeded(std::string_view name) {
    const std::uint64_t seed = lab_seed();
    std::vector<std::uint32_t> words{static_cast<std::uint32_t>(seed),
                                     static_cast<std::uint32_t>(seed >> 32)};
    for (const char c : name)
      words.push_back(static_cast<unsigned char>(c));
    std::seed_seq sequence(words.begin(), words.end());
    random_.seed(sequence);
  }

  /// A number from `least` to `most`, both included.
  std::size_t between(std::size_t least, std::size_t most) {
    return least + random_() % (most - least + 1);
  }

  /// True once in so many times.
  bool once_in(std::size_t times) { return between(1, times) == 1; }

  /// So many numbers from `least` to `most`.
  std::vector<std::size_t> sizes(std::size_t count, std::size_t least,
                                 std::size_t most) {
    std::vector<std::size_t> drawn(count);
    for (std::size_t& size : drawn)
      size = between(least, most);
    return drawn;
  }

  /// The sizes of pieces, none empty, that are `total` together. There are
  /// 2 to 8 of them, and fewer only if the bytes do not suffice.
  std::vector<std::size_t> cuts(std::size_t total) {
    std::vector<std::size_t> pieces;
    const std::size_t most = between(2, 8);
    while (pieces.size() + 1 < most && total > 1) {
      pieces.push_back(between(1, std::max<std::size_t>(1, total / 2)));
      total -= pieces.back();
    }
    if (total > 0) pieces.push_back(total);
    shuffle(pieces);
    return pieces;
  }

  /// So many letters, different from place to place: what is lost, doubled or
  /// exchanged is seen.
  std::string text(std::size_t size) {
    std::string letters(size, ' ');
    for (char& c : letters)
      c = static_cast<char>('a' + between(0, 25));
    return letters;
  }

  /// Puts the elements into another order.
  template <class T>
  void shuffle(std::vector<T>& list) {
    for (std::size_t left = list.size(); left > 1; --left)
      std::swap(list[left - 1], list[between(0, left - 1)]);
  }

 private:
  std::mt19937 random_;
};

}  // namespace netpoll::test
