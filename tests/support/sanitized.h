// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether this program was built with AddressSanitizer or ThreadSanitizer. GCC
// says so with a macro of its own, Clang with a feature.

namespace netpoll::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
inline constexpr bool kSanitized =
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace netpoll::test
