// SPDX-License-Identifier: Apache-2.0
#pragma once

// Why something failed, also when it did not: Result::error() may be asked only
// of a failure, and a test does not know yet.

#include <system_error>

#include "netpoll/base/result.h"

namespace netpoll::test {

/// The error of `result`; none when it has a value.
template <class T>
std::error_code error_of(const Result<T>& result) {
  return result ? std::error_code() : result.error();
}

}  // namespace netpoll::test
