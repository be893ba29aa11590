// SPDX-License-Identifier: Apache-2.0
#pragma once

// A value, or the std::error_code that says why there is none. until() returns
// Result<std::span<const std::byte>>:
//
//    const auto line = reader.until(std::byte{'\n'});
//    if (!line) return line.error();
//    use(*line);
//
// A call that yields nothing but may fail returns a plain std::error_code,
// false when all went well. Upstream: Go's (T, error).

#if __cplusplus <= 202002L
#error "netpoll needs C++23: -std=c++23 (CMake: target_compile_features)"
#endif

#include <expected>
#include <system_error>

#include "netpoll/base/error.h"

namespace netpoll {

template <class T>
using Result = std::expected<T, std::error_code>;

/// Makes the error value of a Result: a function that returns a Result fails
/// with `return fail(Errc::eof);`. [any]
inline std::unexpected<std::error_code> fail(std::error_code error) {
  return std::unexpected(error);
}

}  // namespace netpoll
