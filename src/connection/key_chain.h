// SPDX-License-Identifier: Apache-2.0
#pragma once

// The keys of one connection: who closed it, who handles it, who flushes it.
//
//  closing     none --try_close(user)--> user
//                   --try_close(peer)--> peer --fail()--> error
//                   --try_close(error)--------------------^
//  processing  free <==try_process / stop_processing==> taken
//              The holder runs the handler, or tears the connection down; in
//              the latter case the key is kept for ever.
//  flushing    idle <==try_flush / end_flush==> busy
//              idle --stop_flushing--> stopped, for ever
//
// Whoever lets `processing` go must look again for input and for a close, and
// whoever brings either of them must try the key afterwards. Both do so by an
// exchange on the same word, so one of the two always sees the other:
//
//    worker                          poller
//    stop_processing()               input arrives
//    look for input                  try_process()
//
// Unlike upstream: named moves, not an array of ints that mean three things
// each. Upstream: connection_lock.go:47 (locker).

#include <atomic>
#include <cstdint>

namespace netpoll {

/// Who ended a connection. Upstream: who, connection_lock.go:21.
enum class ClosedBy : std::uint8_t {
  none,
  user,   // close() was called here
  peer,   // the peer has finished sending; it may still be listening
  error,  // the socket failed, or both directions are closed
};

class KeyChain {
 public:
  KeyChain() = default;
  KeyChain(const KeyChain&) = delete;
  KeyChain& operator=(const KeyChain&) = delete;

  /// Closes, unless it is closed already; true for the first. [any]
  bool try_close(ClosedBy by);
  /// The socket of a connection that the peer closed has failed as well. [any]
  void fail();
  /// Who closed it. What the closer did before is visible. [any]
  ClosedBy closed_by() const;
  bool is_active() const { return closed_by() == ClosedBy::none; }

  /// Takes the key to the handler; true when it was free. [any]
  bool try_process();
  /// Gives it back. The caller looks again for input and for a close. [holder]
  void stop_processing();
  /// Somebody holds the key. A guess, unless you are the holder. [any]
  bool is_processing() const;

  enum class Flush : std::uint8_t { idle, busy, stopped };
  /// Takes the key to the output and returns idle; else what it is. [any]
  Flush try_flush();
  /// Gives it back. [holder]
  void end_flush();
  /// Waits until nobody flushes, and lets nobody flush again. Again: does
  /// nothing. Requires: the
  /// connection is closed, and a flush under way has been woken. [holder of
  /// processing]
  void stop_flushing();

 private:
  std::atomic<ClosedBy> closing_{ClosedBy::none};
  std::atomic<bool> processing_{false};
  std::atomic<Flush> flushing_{Flush::idle};
};

}  // namespace netpoll
