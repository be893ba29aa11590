// SPDX-License-Identifier: Apache-2.0
//
// Empty: CMake makes a precompiled header only for a target that has a source.
// The headers in it: ../Precompiled.cmake.
