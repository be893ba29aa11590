// SPDX-License-Identifier: Apache-2.0
//
// The picture of Output in the book, diagrams/machines/output.tsv, against the
// class: each arrow is brought about on a socket. A flush that sends is met from
// the done() of a lent block, which runs on its thread between two turns.
//
// One arrow is not here, since nothing can bring it about for certain: a flush()
// that finds the poller inside its last send goes from idle to awaited.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <string>
#include <system_error>
#include <utility>

#include "connection/room.h"
#include "netpoll/connection/output.h"
#include "netpoll/link_buffer/block.h"
#include "poller/support.h"
#include "support/machine_table.h"
#include "support/tcp.h"

namespace netpoll {
namespace {

using std::chrono::milliseconds;
using test::Edge;
using test::eventually;
using test::Machine;
using test::waits_for_room;

constexpr std::size_t kMuch = std::size_t{32}
                              << 20;  // more than a socket takes

// One Output on a poller's thread, and the far end of its socket.
class Rig : public PollerTest {
 public:
  using PollerTest::on_poller;

  explicit Rig(test::Pair (*make_pair)() = test::socket_pair)
      : ends(make_pair()) {
    it->writable = [this](Op&) {
      ConsumedNodes sent;
      static_cast<void>(out.drain(sent));
    };
    EXPECT_FALSE(poller->add(*it));
  }
  ~Rig() override {
    ends.far.reset();  // a flush that sleeps ends
    if (flushing.valid()) flushing.wait();
    poller->detach(*it);
  }

  std::string state() {
    if (out.is_unattended()) return "unattended";
    if (!out.is_busy()) return "idle";
    return waits_for_room(it->fd()) ? "awaited" : "sending";
  }
  bool comes_to(const std::string& wanted) {
    return eventually([&] { return state() == wanted; });
  }

  // `then` is called while a flush sends, on its thread.
  void write_small(std::function<void()> then) {
    EXPECT_FALSE(out.write_direct(Block::lent(memory, std::move(then))));
  }
  void write_much() { out.write_string(std::string(kMuch, 'x')); }

  // A flush that sleeps: the far end reads nothing.
  void to_awaited() {
    write_much();
    flush();
    EXPECT_TRUE(comes_to("awaited"));
  }
  // The rest of a flush on the poller's thread.
  void to_unattended() {
    write_much();
    on_poller([this] { EXPECT_FALSE(out.flush()); });
    EXPECT_EQ(state(), "unattended");
  }
  void flush() {
    flushing = std::async(std::launch::async, [this] { return out.flush(); });
  }
  void read_all() { test::receive(ends.far.get(), kMuch); }
  void close() {
    static_cast<void>(life.user_closed());
    out.wake();
  }

  Lifecycle life{false};
  Activity activity;
  Mutex mutex;
  std::array<std::byte, 16> memory{};
  test::Pair ends;
  Ref<Op> it = make_ref<Op>(ends.near.get());
  Output out{life, *poller, *it, activity, mutex, [](FdOperator&) {}};
  std::future<std::error_code> flushing;

 private:
  void TestBody() override {}
};

std::string word(const std::error_code& error) {
  if (!error) return "ok";
  if (error == Errc::conn_closed) return "conn_closed";
  if (error == Errc::concurrent_access) return "concurrent_access";
  if (error == Errc::write_timeout) return "write_timeout";
  return "the system's error";
}

// Makes `event` from `from`; `act` answers the word for its result.
template <class Act>
Edge step(Rig& rig, const std::string& event, Act act) {
  Edge edge{rig.state(), event, "", ""};
  edge.answer = act();
  edge.to = rig.state();
  return edge;
}

// The events that meet an Output in each state and are answered at once.
Edge flush_again(Rig& rig) {
  return step(rig, "flush", [&] { return word(rig.out.flush()); });
}
Edge shut(Rig& rig) {
  return step(rig, "shut", [&] { return word(rig.out.shut()); });
}
Edge drop(Rig& rig) {
  return step(rig, "drop", [&] {
    rig.out.drop_unattended();
    return "returns";
  });
}

void from_idle(Machine& made) {
  Edge flush;
  Edge again;
  Rig rig;
  flush = {rig.state(), "flush", "begins", ""};
  rig.write_small([&] {
    flush.to = rig.state();
    again = flush_again(rig);
  });
  Edge sent{"sending", "all_sent", word(rig.out.flush()), rig.state()};
  made.insert({flush, again, sent, drop(rig)});
  made.insert(shut(rig));
  made.insert(flush_again(rig));  // refused after shut()
}

// After a write timeout there is a rest that nobody sends.
void from_idle_with_a_rest(Machine& made) {
  Rig rig;
  rig.out.limit().set_timeout(milliseconds(1));
  rig.write_much();
  EXPECT_EQ(rig.out.flush(), Errc::write_timeout);
  Edge rest = shut(rig);
  rest.event = "shut_rest";
  made.insert(rest);
}

void shut_while_sending(Machine& made) {
  Edge edge;
  Rig rig;
  rig.write_small([&] { edge = shut(rig); });
  EXPECT_FALSE(rig.out.flush());
  made.insert(edge);
}

void fill(Machine& made, const std::string& event, const std::string& answer,
          void (Rig::*act)()) {
  std::string from;
  Rig rig;
  rig.write_small([&] { from = rig.state(); });
  (rig.*act)();
  const std::string to = rig.state();  // takes the mutex: `from` is written
  made.insert({from, event, answer, to});
}

// What ends a flush between two turns. Over TCP a turn ends before the socket is
// full.
void end_sending(Machine& made, const std::string& event,
                 const std::function<void(Rig&)>& act) {
  std::string from;
  Rig rig(test::tcp_pair);
  rig.write_small([&] {
    from = rig.state();
    act(rig);
  });
  rig.write_much();
  const std::string answer = word(rig.out.flush());
  made.insert({from, event, answer, rig.state()});
}

void from_sending(Machine& made) {
  shut_while_sending(made);
  fill(made, "full", "sleeps", &Rig::to_awaited);
  fill(made, "full_inline", "ok", &Rig::to_unattended);
  end_sending(made, "closed", [](Rig& rig) { rig.close(); });
  end_sending(made, "failed", [](Rig& rig) { rig.ends.far.reset(); });
}

// What ends a flush that sleeps, by `event`.
void end_awaited(Machine& made, const std::string& event,
                 const std::function<void(Rig&)>& act) {
  Rig rig;
  // Long enough for the test to see the flush asleep.
  if (event == "timeout") rig.out.limit().set_timeout(milliseconds(1000));
  rig.to_awaited();
  act(rig);
  const std::string answer = word(rig.flushing.get());
  made.insert({"awaited", event, answer, rig.state()});
}

void meet_awaited(Machine& made) {
  Rig rig;
  rig.to_awaited();
  made.insert(flush_again(rig));
  made.insert(drop(rig));
  made.insert(shut(rig));
}

void from_awaited(Machine& made) {
  meet_awaited(made);
  end_awaited(made, "all_sent", [](Rig& it) { it.read_all(); });
  end_awaited(made, "timeout", [](Rig&) {});
  end_awaited(made, "closed", [](Rig& it) { it.close(); });
  end_awaited(made, "failed", [](Rig& it) { it.ends.far.reset(); });
}

void end_unattended(Machine& made, const std::string& event,
                    const std::function<void(Rig&)>& act) {
  Rig rig;
  rig.to_unattended();
  act(rig);
  EXPECT_TRUE(rig.comes_to("idle"));
  made.insert({"unattended", event, "-", rig.state()});
}

void meet_unattended(Machine& made) {
  Rig rig;
  rig.to_unattended();
  Edge inline_flush{rig.state(), "flush_inline", "", ""};
  rig.on_poller([&] { inline_flush.answer = word(rig.out.flush()); });
  inline_flush.to = rig.state();
  made.insert(inline_flush);
  made.insert(shut(rig));
  made.insert(step(rig, "closed", [&] {
    rig.close();
    return "-";
  }));
  made.insert(drop(rig));
}

void wait_for_unattended(Machine& made) {
  Rig rig;
  rig.to_unattended();
  rig.flush();
  EXPECT_TRUE(rig.comes_to("awaited"));
  made.insert({"unattended", "flush", "sleeps", rig.state()});
}

void from_unattended(Machine& made) {
  meet_unattended(made);
  wait_for_unattended(made);
  end_unattended(made, "all_sent", [](Rig& it) { it.read_all(); });
  end_unattended(made, "failed", [](Rig& it) { it.ends.far.reset(); });
}

TEST(OutputMachine, IsTheOneThatTheBookDraws) {
  Machine made;
  from_idle(made);
  from_idle_with_a_rest(made);
  from_sending(made);
  from_awaited(made);
  from_unattended(made);
  test::expect_same(test::drawn("output"), made);
}

}  // namespace
}  // namespace netpoll
