# SPDX-License-Identifier: Apache-2.0
#
# What makes the tests compile fast.
#
# NETPOLL_TEST_OPTIONS: the preset dev compiles tests with -O0, for under
# AddressSanitizer the optimizer costs a third of the time; the library keeps -O1.
#
# GoogleTest and the standard headers, parsed once for all tests: every test
# program is compiled with one precompiled header, that of netpoll_precompiled.
# A precompiled header hides a missing #include of a test. To look for those:
#   cmake --preset release -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON
# ccache refuses to remember what a precompiled header went into, so a build
# with ccache does without.
if(CMAKE_CXX_COMPILER_LAUNCHER MATCHES ccache)
  set(CMAKE_DISABLE_PRECOMPILE_HEADERS ON)
endif()

set(NETPOLL_TEST_OPTIONS "" CACHE STRING "Compile options for tests alone: -O0")

add_library(netpoll_precompiled OBJECT support/precompiled.cpp)
target_compile_options(netpoll_precompiled PRIVATE ${NETPOLL_TEST_OPTIONS})
target_link_libraries(netpoll_precompiled PRIVATE netpoll_flags GTest::gtest)
target_precompile_headers(netpoll_precompiled PRIVATE
  <gtest/gtest.h>
  <algorithm> <array> <atomic> <chrono> <concepts> <condition_variable>
  <deque> <expected> <filesystem> <functional> <future> <latch> <list> <map>
  <memory> <mutex> <optional> <ranges> <set> <span> <sstream> <stop_token>
  <string> <string_view> <system_error> <thread> <unordered_map> <utility>
  <vector>)

# A precompiled header fits only sources with the same macros, and GoogleTest
# brings one of its own: so it is linked, whether or not `name` uses it.
function(netpoll_precompiled name)
  target_link_libraries(${name} PRIVATE GTest::gtest)
  target_compile_options(${name} PRIVATE ${NETPOLL_TEST_OPTIONS})
  target_precompile_headers(${name} REUSE_FROM netpoll_precompiled)
endfunction()
