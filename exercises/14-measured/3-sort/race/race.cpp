// SPDX-License-Identifier: Apache-2.0
// Two sort_numbers, raced in rounds: ours, yours, ours again. race.sh builds it.
#include <time.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <random>
#include <span>
#include <vector>

void sort_ours(std::span<std::byte> numbers);
void sort_yours(std::span<std::byte> numbers);

namespace {

constexpr int kRounds = 41;

// The processor time of this thread, in nanoseconds: what others use of the
// machine does not count.
double now() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 +
         static_cast<double>(time.tv_nsec);
}

// Nanoseconds for one number; the numbers are in another order each time.
double measure(void (*sort)(std::span<std::byte>), std::size_t count) {
  static std::minstd_rand random(7);
  const std::size_t times = std::max<std::size_t>(1, 65'536 / count);
  std::vector<std::uint32_t> numbers(count * times);
  std::ranges::generate(
      numbers, [] { return static_cast<std::uint32_t>(random()) * 2; });
  const double begin = now();
  for (std::size_t i = 0; i < times; ++i)
    sort(std::as_writable_bytes(std::span(numbers).subspan(i * count, count)));
  return (now() - begin) / static_cast<double>(numbers.size());
}

double median(std::array<double, kRounds> values) {
  std::ranges::nth_element(values, values.begin() + kRounds / 2);
  return values[kRounds / 2];
}

}  // namespace

int main() {
  std::puts("numbers   ours, ns a number   yours to ours   ours to ours");
  for (const std::size_t count : {16U, 4096U, 65'536U}) {
    std::array<double, kRounds> ours{};
    std::array<double, kRounds> ratios{};
    std::array<double, kRounds> noise{};
    for (int i = 0; i < kRounds; ++i) {
      ours[i] = measure(sort_ours, count);
      ratios[i] = measure(sort_yours, count) / ours[i];
      noise[i] = measure(sort_ours, count) / ours[i];
    }
    std::printf("%7zu %19.1f %15.2f %14.2f\n", count, median(ours),
                median(ratios), median(noise));
  }
}
