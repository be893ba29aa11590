// SPDX-License-Identifier: Apache-2.0
//
// The same two servers measured in two ways, on a machine that is invented: its
// speed at each moment stands in a table, so every run prints the same. A needs
// 100 units of CPU time for a request, and B needs 104.
//
//    one by one   A ten times, then B ten times, then A again ten times
//    in rounds    A, B and A again, ten times; a ratio in each round
//
// A real machine changes its speed too: other programs, the heat, a neighbour on
// the same processor. The second table has the other half of the matter: what the
// load's own core hides.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <vector>

namespace {

constexpr double kA = 100;
constexpr double kB = 104;
constexpr std::size_t kTimes = 10;

// In percent of its full speed, one value for each measurement of a second. The
// machine is slow at first, then fast; now and then somebody else uses it.
constexpr std::array<double, 3 * kTimes> kSpeed = {
    80, 80, 78, 80, 60, 80, 82, 80, 80, 84,  //
    90, 96, 98, 60, 99, 99, 99, 99, 99, 99,  //
    99, 99, 99, 60, 99, 95, 92, 92, 91, 91,
};

// What a clock shows for a request that needs so much.
double measured(double units, std::size_t second) {
  return units * 100 / kSpeed.at(second);
}

double middle(std::vector<double> values) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(kTimes / 2);
  std::ranges::nth_element(values, at);
  return *at;
}

// The middle of ten measurements that begin at `second`.
double ten(double units, std::size_t second) {
  std::vector<double> times;
  for (std::size_t i = 0; i < kTimes; ++i)
    times.push_back(measured(units, second + i));
  return middle(times);
}

void one_by_one() {
  const double a = ten(kA, 0);
  const double b = ten(kB, kTimes);
  const double again = ten(kA, 2 * kTimes);
  std::printf("one by one   %6.1f %6.1f %8.1f   %5.2f   %6.2f\n", a, b, again,
              a / b, a / again);
}

// The times of one round are compared with each other, and with no others.
void in_rounds() {
  std::array<std::vector<double>, 3> times;
  std::vector<double> to_b;
  std::vector<double> to_again;
  for (std::size_t second = 0; second < kSpeed.size(); second += 3) {
    const double a = measured(kA, second);
    const double b = measured(kB, second + 1);
    const double again = measured(kA, second + 2);
    to_b.push_back(a / b);
    to_again.push_back(a / again);
    times[0].push_back(a);
    times[1].push_back(b);
    times[2].push_back(again);
  }
  std::printf("in rounds    %6.1f %6.1f %8.1f   %5.2f   %6.2f\n",
              middle(times[0]), middle(times[1]), middle(times[2]),
              middle(to_b), middle(to_again));
}

// One core has the server, the other one the load. The slower of the two says
// how many requests a second there are.
void behind_a_load(double server_us, double load_us) {
  const double rate = 1e6 / std::max(server_us, load_us);
  std::printf("%6.1f %6.1f %12.0f %11.1f %9.0f%%\n", server_us, load_us, rate,
              server_us, 100 * rate * server_us / 1e6);
}

}  // namespace

int main() {
  std::puts("                  A      B  A again  A to B  A to A");
  one_by_one();
  in_rounds();
  std::puts("");
  std::puts("server   load   requests/s    CPU time   its core");
  behind_a_load(4, 5);
  behind_a_load(2, 5);
  behind_a_load(4, 1);
  behind_a_load(2, 1);
}
