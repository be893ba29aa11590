// SPDX-License-Identifier: Apache-2.0
// Compiled once and put before every file of an exercise: what costs a compiler
// most of its time. The files include what they use all the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <expected>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <source_location>
#include <span>
#include <thread>
#include <vector>
