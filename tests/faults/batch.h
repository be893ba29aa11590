// SPDX-License-Identifier: Apache-2.0
#pragma once

// Plays many scenes, each in a process of its own, one after the other.
//
//    "7 echo pool recv:refuse=4:1"  -->  fork, exec of this program
//                                        with fault_inject in front
//                                        and NETPOLL_FAULT
//    {"id":"7","status":"exit 0","output":"…"}  <--
//
// A scene that does not end in time is killed, and its status is "time".

namespace netpoll::faults {

/// Reads lines "ID SCENE RUNNER RULES" from standard input to its end; RULES
/// may be missing. `program` is this program, `library` is fault_inject.
int run_batch(const char* program, const char* library);

}  // namespace netpoll::faults
