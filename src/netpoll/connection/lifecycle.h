// SPDX-License-Identifier: Apache-2.0
#pragma once

// How far the life of one connection has gone, and what is to be done next.
//
// Everything is one word of bits. An event sets its bits, and takes the key if
// no thread holds it and there is something for a holder to do. The holder of
// the key is the only thread that runs on_connect and on_request, and the only
// one that tears the connection down.
//
//    event, on any thread                    the holder of the key
//
//    set the event's bits, set `news`        +-> begin_look(): clear `news`
//    the key was free?                       |   look at the two buffers
//      take it: the caller is the holder --> |   decide(): something to do?
//    the key was held?                       |   else give the key back, but
//      the holder sees `news` before it      |   only if no bit has changed
//      can give the key back                 +-- changed? Next::again
//
// Inv-1. An event is never missed: it comes before the holder clears `news`,
//        and then the look sees it; or after, and then the key is not given
//        back before one more look.
// Inv-2. on_request and on_connect never run at the same time, nor after the
//        tear-down: the holder calls them, and Next::tear_down is answered
//        once, to a holder that keeps the key for ever.
// Inv-3. on_disconnect runs at most once, after on_connect has returned, and
//        before the tear-down. It is the one handler that runs without the
//        key: on_request may wait for input while the peer's end is told.
// Inv-4. Input that came before the peer's end is handled before the tear-down.
//
// Pure: this class knows no connection, calls nobody and answers by value. A
// template, so that tests/connection/lifecycle_model_test.cpp can try every
// interleaving of its events (netpoll/base/sync.h); its functions are in
// lifecycle_impl.h.
// Upstream: locker, connection_lock.go:55, and the flow of
// connection_onevent.go. Unlike upstream: one word whose bits have names, not
// an array of words in which 0, 1 and 2 mean something else in each.

#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "netpoll/base/sync.h"

namespace netpoll {

/// Who ended a connection first. Upstream: who, connection_lock.go:22.
enum class ClosedBy : std::uint8_t {
  none,   // nobody yet
  user,   // close() was called on our side
  peer,   // the peer has finished sending; it may still read
  error,  // the socket failed, or neither side sends any more
};

/// What a caller of Lifecycle has to do now.
enum class Next : std::uint8_t {
  nothing,    // nothing; the caller does not hold the key
  hold,       // the caller holds the key: it looks and decides, or a task does
  again,      // something came meanwhile: look and decide again
  tell,       // run on_disconnect, without the key, and then call told()
  greet,      // run on_connect, and then call greeted(). The key is kept.
  handle,     // run on_request once. The key is kept.
  close,      // close the connection, as close() does. The key is kept.
  tear_down,  // tear the connection down; the key is kept for ever
};

/// What the holder of the key sees in the connection's two halves.
struct Look {
  std::uint64_t arrived = 0;  // bytes that have ever come in
  std::size_t unread = 0;     // bytes that wait to be read
  bool unsent = false;        // flushed bytes that the poller still has to send
  bool held = false;          // a user holds a Ref of the connection
  bool idle = false;  // a handler has returned and nothing else is under way;
                      // asked for only while stopping
};

template <class Sync>
class BasicLifecycle {
 public:
  /// A connection that no poller watches yet. `serves`: it has an on_request.
  explicit BasicLifecycle(bool serves) : state_(serves ? kServes : 0) {}
  BasicLifecycle(const BasicLifecycle&) = delete;
  BasicLifecycle& operator=(const BasicLifecycle&) = delete;

  // Events.

  /// The poller is about to watch the socket. `greets`: on_connect is set, and
  /// runs before any on_request. [init]
  void prepare(bool greets);
  /// Input was committed. `hold`: a task must handle it. [poller]
  [[nodiscard]] Next input_came();
  /// The peer has ended: `by` is `peer` or `error`. `tell`: on_disconnect is
  /// due. [poller]
  [[nodiscard]] Next peer_ended(ClosedBy by);
  /// on_disconnect has returned. [worker]
  [[nodiscard]] Next told() { return raise(kTold); }
  /// The user closes. A second call changes nothing. [any]
  [[nodiscard]] Next user_closed() { return raise(kUserClosed); }
  /// on_request was replaced; `serves`: by one that is not empty. [any]
  [[nodiscard]] Next handler_replaced(bool serves);
  /// The last Ref of a user is gone. [any]
  [[nodiscard]] Next user_gone();
  /// Something that decide() looks at has changed. [any]
  [[nodiscard]] Next look_again() { return raise(0); }
  /// From now on the connection closes between two requests. [any]
  [[nodiscard]] Next stop() { return raise(kStopping); }
  /// Takes the key if it is free, and brings no news. [any]
  [[nodiscard]] bool try_hold();

  // The holder of the key.

  /// What had happened when a look began; for decide() alone.
  struct Mark {
    std::uint32_t bits;
    bool stopping;  // stop() was called
  };
  /// The holder is about to look at the buffers. [holder]
  [[nodiscard]] Mark begin_look();
  /// What to do next: `look` is what the holder saw after `mark`. After
  /// `nothing` the caller holds the key no more. [holder]
  [[nodiscard]] Next decide(const Mark& mark, const Look& look);
  /// on_connect has returned. `tell`: the peer ended meanwhile. [holder]
  [[nodiscard]] Next greeted();
  /// The holder calls the newest on_request from now on; true when that is
  /// another one than before. [holder]
  [[nodiscard]] bool take_new_handler();
  /// on_request has returned. It was called when `arrived` bytes had come in,
  /// and `took` some. If it took none it is not called again before more bytes
  /// come, or a new handler. [holder]
  void handled(std::uint64_t arrived, bool took) {
    declined_ = took ? kNone : arrived;
  }

  // Questions.

  /// Who closed it first. What the closer did before is visible. [any]
  ClosedBy closed_by() const;
  bool is_active() const { return closed_by() == ClosedBy::none; }  ///< [any]
  /// Flushing is allowed: close() was not called and the socket has not failed.
  /// A peer that has only finished sending can still be written to. [any]
  bool can_write() const;
  /// Some thread holds the key. A guess, unless the caller is that thread.
  bool is_held() const { return has(kHeld); }

 private:
  using Bits = std::uint32_t;

  static constexpr Bits kHeld = 1 << 0;        // a thread holds the key
  static constexpr Bits kNews = 1 << 1;        // the holder looks once more
  static constexpr Bits kServes = 1 << 2;      // on_request is set
  static constexpr Bits kNewHandler = 1 << 3;  // another on_request is set
  static constexpr Bits kGreetDue = 1 << 4;    // on_connect is set: it is first
  static constexpr Bits kGreeted = 1 << 5;     // on_connect is behind us
  static constexpr Bits kUserClosed = 1 << 6;  // close() was called
  static constexpr Bits kPeerClosed = 1 << 7;  // before any close(): FIN
  static constexpr Bits kFailed = 1 << 8;      // before any close(): an error
  static constexpr Bits kTelling = 1 << 9;     // on_disconnect is due, or runs
  static constexpr Bits kTold = 1 << 10;       // on_disconnect has returned
  static constexpr Bits kStopping = 1 << 11;   // stop() was called
  static constexpr std::uint64_t kNone = ~0ull;  // no count of bytes

  Next raise(Bits bits);
  bool has(Bits bits) const;
  Next judge(Bits now, const Look& look) const;
  bool has_request(Bits now, const Look& look) const;
  static bool may_end(Bits now, const Look& look);

  typename Sync::template Atomic<Bits> state_;

  // Guarded by the key: bytes that had come in when on_request last took none.
  std::uint64_t declined_ = kNone;
};

extern template class BasicLifecycle<StdSync>;  // lifecycle.cpp

/// The one that ships.
using Lifecycle = BasicLifecycle<StdSync>;

}  // namespace netpoll
