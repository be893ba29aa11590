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
  /// The life of a connection that no poller watches yet. `serves`: the
  /// connection has an on_request. [init]
  explicit BasicLifecycle(bool serves) : state_(serves ? kServes : 0) {}
  BasicLifecycle(const BasicLifecycle&) = delete;
  BasicLifecycle& operator=(const BasicLifecycle&) = delete;

  // Events.

  /// The poller is about to watch the socket. `greets`: on_connect is set, and
  /// runs before any on_request. [init]
  void prepare(bool greets);
  /// Event: input was committed. Returns `hold` when the caller has got the key
  /// and a task must handle the input, else `nothing`. [poller]
  [[nodiscard]] Next input_came();
  /// Event: the peer has finished sending (`by` is `peer`), or the socket has
  /// failed (`error`). Returns `tell` when on_disconnect must be run now,
  /// `hold` when the caller has got the key, else `nothing`. [poller]
  [[nodiscard]] Next peer_ended(ClosedBy by);
  /// Event: on_disconnect has returned. Returns `hold` when the caller has got
  /// the key. [worker]
  [[nodiscard]] Next told() { return raise(kTold); }
  /// Event: close() was called on our side, perhaps again. Returns `hold` when
  /// the caller has got the key. [any]
  [[nodiscard]] Next user_closed() { return raise(kUserClosed); }
  /// Event: on_request was replaced; `serves`: the new one is not empty. [any]
  [[nodiscard]] Next handler_replaced(bool serves);
  /// Event: the last Ref<Connection> that a user held is gone. [any]
  [[nodiscard]] Next user_gone();
  /// Event: something that the holder of the key looks at has changed. [any]
  [[nodiscard]] Next look_again() { return raise(0); }
  /// Event: from now on the connection closes as soon as no request is under
  /// way. [any]
  [[nodiscard]] Next stop() { return raise(kStopping); }
  /// Takes the key and returns true, if no thread holds it. Unlike an event it
  /// does not make the present holder look again. [any]
  [[nodiscard]] bool try_hold();

  // The holder of the key.

  /// The state when a look began. `bits` is for decide() alone.
  struct Mark {
    std::uint32_t bits;
    bool stopping;  // stop() was called
  };
  /// To be called by the holder of the key before it looks at the two halves.
  /// Returns the state for decide(). [holder of the key]
  [[nodiscard]] Mark begin_look();
  /// Decides what the holder of the key must do next. `mark` is what
  /// begin_look() returned, `look` what the holder has seen since. When the
  /// answer is `nothing`, the caller no longer holds the key. [holder of the
  /// key]
  [[nodiscard]] Next decide(const Mark& mark, const Look& look);
  /// Records that on_connect has returned. Returns `tell` when the peer ended
  /// meanwhile, so that on_disconnect must be run now. [holder of the key]
  [[nodiscard]] Next greeted();
  /// Returns true when on_request was replaced since the last call; the caller
  /// must use the newest on_request from now on. [holder of the key]
  [[nodiscard]] bool take_new_handler();
  /// Records that on_request has returned. `arrived`: how many bytes had ever
  /// come in when it was called; `took`: it has taken some. If it took none, it
  /// is not called again before more bytes come, or another on_request is set.
  /// [holder of the key]
  void handled(std::uint64_t arrived, bool took) {
    declined_ = took ? kNone : arrived;
  }

  // Questions.

  /// Who ended the connection first. What the thread that ended it did before
  /// is visible to the caller. [any]
  ClosedBy closed_by() const;
  bool is_active() const { return closed_by() == ClosedBy::none; }  ///< [any]
  /// Flushing is allowed: close() was not called and the socket has not failed.
  /// A peer that has only finished sending can still be written to. [any]
  bool can_write() const;
  /// A thread holds the key. Certain only when the caller is that thread;
  /// otherwise it may have changed already. [any]
  bool is_held() const { return has(kHeld); }

 private:
  using Bits = std::uint32_t;

  static constexpr Bits kHeld = 1 << 0;        // a thread holds the key
  static constexpr Bits kNews = 1 << 1;        // the holder must look once more
  static constexpr Bits kServes = 1 << 2;      // on_request is set
  static constexpr Bits kNewHandler = 1 << 3;  // another on_request is set
  static constexpr Bits kGreetDue = 1 << 4;    // on_connect is set; runs first
  static constexpr Bits kGreeted = 1 << 5;     // on_connect is over, or none
  static constexpr Bits kUserClosed = 1 << 6;  // close() was called
  static constexpr Bits kPeerClosed = 1 << 7;  // FIN, before any close()
  static constexpr Bits kFailed = 1 << 8;      // failure, before any close()
  static constexpr Bits kTelling = 1 << 9;     // on_disconnect is due, or runs
  static constexpr Bits kTold = 1 << 10;       // on_disconnect has returned
  static constexpr Bits kStopping = 1 << 11;   // stop() was called
  static constexpr std::uint64_t kNone = ~0ull;  // no count of bytes

  Next raise(Bits bits);
  bool has(Bits bits) const;
  Next judge(Bits now, const Look& look) const;
  bool has_request(Bits now, const Look& look) const;
  static bool may_end(Bits now, const Look& look);

  // Each event releases, and the key's holder acquires it in begin_look().
  // decide() releases, and who takes the key next acquires.
  typename Sync::template Atomic<Bits> state_;

  // Guarded by the key: how many bytes had ever come in when on_request was
  // last called, if that call took none; else kNone.
  std::uint64_t declined_ = kNone;
};

extern template class BasicLifecycle<StdSync>;  // lifecycle.cpp

/// The lifecycle of the library; a model test uses another Sync.
using Lifecycle = BasicLifecycle<StdSync>;

}  // namespace netpoll
