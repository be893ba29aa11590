// SPDX-License-Identifier: Apache-2.0
//
// io_uring: one accept and one receive a client stay in the kernel (multishot).
// The kernel puts each piece it receives into a buffer from a ring; the piece
// is sent from there, and its buffer goes back into the ring. One system call
// (io_uring_enter) submits all sends of a turn and waits for what is next.
// Needs Linux 6.0; ends with status 3 when the kernel refuses.

#include <fcntl.h>
#include <liburing.h>
#include <sys/mman.h>

#include <cerrno>
#include <deque>
#include <memory>
#include <system_error>

#include "peer.h"

namespace netpoll::race {
namespace {

constexpr unsigned kEntries = 1024;  // submissions at a time
constexpr std::size_t kBufferSize = 64 * 1024;
constexpr std::size_t kBuffers = 256;       // at first
constexpr std::size_t kMostBuffers = 4096;  // a power of two
constexpr unsigned kMostUnsent = 4;         // pieces of a client, more or less

struct Client;

// What the kernel is asked for, and by whom. A completion names its request.
struct Request {
  enum class Kind { accept, receive, send, cancel } kind;
  Client* client = nullptr;
};

// A buffer, and what it holds.
struct Piece {
  const unsigned short number;
  const std::unique_ptr<char[]> buffer =
      std::make_unique_for_overwrite<char[]>(kBufferSize);
  char* bytes = nullptr;  // not sent yet
  std::size_t size = 0;
  Piece* next = nullptr;  // received from the same client
};

struct Client {
  int fd;
  Request receive{Request::Kind::receive, this};
  Request send{Request::Kind::send, this};
  bool receiving = false;  // the kernel has its receive
  bool ended = false;      // nothing comes from it any more
  unsigned unsent = 0;     // pieces, from `first` to `last`
  Piece* first = nullptr;  // the one that is being sent
  Piece* last = nullptr;
};

// Opens a ring for one thread that runs the kernel's work when it waits (Linux
// 6.1), or in its next system call (6.0). Returns 0 or -errno.
int open_ring(io_uring& ring) {
  int error = 0;
  for (const unsigned mode : {IORING_SETUP_DEFER_TASKRUN, 0U}) {
    io_uring_params params{};
    params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN |
                   IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE | mode;
    params.cq_entries = 4 * kEntries;  // a multishot completes many times
    error = io_uring_queue_init_params(kEntries, &ring, &params);
    if (error != -EINVAL) return error;
  }
  return error;
}

// Why the kernel refuses io_uring: 0 or -errno.
int ask_kernel() {
  io_uring ring{};
  const int error = open_ring(ring);
  if (error == 0) io_uring_queue_exit(&ring);
  return error;
}

void check(int result, const char* call) {
  if (result >= 0) return;
  errno = -result;
  die(call);
}

class Loop {
 public:
  explicit Loop(const Peer& peer) : peer_(peer) {
    check(open_ring(ring_), "io_uring_queue_init_params");
    io_uring_register_ring_fd(&ring_);
    open_buffers();
    // A request on a non-blocking socket fails where it should wait.
    ::fcntl(peer_.listener, F_SETFL, 0);
    accept();
  }

  [[noreturn]] void run() {
    for (;;) {
      const int result = io_uring_submit_and_wait(&ring_, 1);
      if (result != -EINTR) check(result, "io_uring_submit_and_wait");
      unsigned head = 0;
      unsigned count = 0;
      io_uring_cqe* done = nullptr;
      io_uring_for_each_cqe(&ring_, head, done) {
        handle(*done);
        ++count;
      }
      io_uring_cq_advance(&ring_, count);
    }
  }

 private:
  void open_buffers() {
    void* shared =
        ::mmap(nullptr, kMostBuffers * sizeof(io_uring_buf),
               PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    if (shared == MAP_FAILED) die("mmap");
    free_ = static_cast<io_uring_buf_ring*>(shared);
    io_uring_buf_reg ring{};
    ring.ring_addr = reinterpret_cast<std::uintptr_t>(shared);
    ring.ring_entries = kMostBuffers;
    check(io_uring_register_buf_ring(&ring_, &ring, 0),
          "io_uring_register_buf_ring");
    while (pieces_.size() < kBuffers)
      add_buffer();
  }

  void add_buffer() {
    const auto number = static_cast<unsigned short>(pieces_.size());
    give(pieces_.emplace_back(number));
  }

  // Gives a buffer to the kernel.
  void give(const Piece& piece) {
    io_uring_buf_ring_add(free_, piece.buffer.get(), kBufferSize, piece.number,
                          io_uring_buf_ring_mask(kMostBuffers), 0);
    io_uring_buf_ring_advance(free_, 1);
  }

  // A free submission; when there is none, the kernel takes those there are.
  io_uring_sqe* entry() {
    for (;;) {
      if (io_uring_sqe* free = io_uring_get_sqe(&ring_)) return free;
      check(io_uring_submit(&ring_), "io_uring_submit");
    }
  }

  void accept() {
    io_uring_sqe* made = entry();
    io_uring_prep_multishot_accept(made, peer_.listener, nullptr, nullptr,
                                   SOCK_CLOEXEC);
    io_uring_sqe_set_data(made, &accept_);
  }

  void receive(Client& client) {
    io_uring_sqe* made = entry();
    io_uring_prep_recv_multishot(made, client.fd, nullptr, 0, 0);
    made->flags |= IOSQE_BUFFER_SELECT;  // from group 0
    io_uring_sqe_set_data(made, &client.receive);
    client.receiving = true;
  }

  void stop_receiving(Client& client) {
    io_uring_sqe* made = entry();
    io_uring_prep_cancel(made, &client.receive, 0);
    io_uring_sqe_set_data(made, &cancel_);
  }

  // One send a client is under way, or their order would be any.
  void send(Client& client) {
    io_uring_sqe* made = entry();
    io_uring_prep_send(made, client.fd, client.first->bytes, client.first->size,
                       MSG_NOSIGNAL | MSG_WAITALL);
    io_uring_sqe_set_data(made, &client.send);
  }

  void handle(const io_uring_cqe& done) {
    const auto* of = static_cast<Request*>(io_uring_cqe_get_data(&done));
    switch (of->kind) {
      case Request::Kind::accept:
        return on_accepted(done);
      case Request::Kind::receive:
        return on_received(*of->client, done);
      case Request::Kind::send:
        return on_sent(*of->client, done.res);
      case Request::Kind::cancel:
        return;
    }
  }

  void on_accepted(const io_uring_cqe& done) {
    if ((done.flags & IORING_CQE_F_MORE) == 0) accept();
    if (done.res < 0) return;
    set_no_delay(done.res);
    receive(*new Client{done.res});
  }

  void on_received(Client& client, const io_uring_cqe& done) {
    client.receiving = (done.flags & IORING_CQE_F_MORE) != 0;
    if (done.res > 0) {
      work(peer_.work);
      Piece& piece = pieces_.at(done.flags >> IORING_CQE_BUFFER_SHIFT);
      piece.bytes = piece.buffer.get();
      piece.size = static_cast<std::size_t>(done.res);
      add(client, piece);
    } else if (done.res == -ENOBUFS) {
      // The clients hold all buffers. Without a new one it asks again.
      if (pieces_.size() < kMostBuffers) add_buffer();
    } else if (done.res != -ECANCELED) {
      client.ended = true;
    }
    go_on(client);
  }

  void add(Client& client, Piece& piece) {
    piece.next = nullptr;
    (client.first == nullptr ? client.first : client.last->next) = &piece;
    client.last = &piece;
    if (++client.unsent == 1) send(client);
    // It reads less than it sends: enough buffers are full of it.
    if (client.receiving && client.unsent % kMostUnsent == 0) {
      stop_receiving(client);
    }
  }

  void on_sent(Client& client, int result) {
    if (result < 0) return drop(client);
    client.first->bytes += result;
    client.first->size -= static_cast<std::size_t>(result);
    if (client.first->size == 0) remove_first(client);
    if (client.unsent > 0) return send(client);
    go_on(client);
  }

  void remove_first(Client& client) {
    Piece& sent = *client.first;
    client.first = sent.next;
    --client.unsent;
    give(sent);
  }

  // The client takes nothing any more. Its receive ends soon.
  void drop(Client& client) {
    ::shutdown(client.fd, SHUT_RDWR);
    client.ended = true;
    while (client.unsent > 0)
      remove_first(client);
    go_on(client);
  }

  // Receives again, or closes, when nothing of the client is under way.
  void go_on(Client& client) {
    if (client.receiving || client.unsent > 0) return;
    if (!client.ended) return receive(client);
    ::close(client.fd);
    delete &client;
  }

  const Peer peer_;
  Request accept_{Request::Kind::accept};
  Request cancel_{Request::Kind::cancel};  // of any client
  io_uring ring_{};
  io_uring_buf_ring* free_ = nullptr;  // the buffers that the kernel may fill
  std::deque<Piece> pieces_;           // by number
};

int serve(const Peer& peer) {
  Loop(peer).run();
}

}  // namespace
}  // namespace netpoll::race

int main(int argc, char** argv) {
  if (const int error = netpoll::race::ask_kernel(); error < 0) {
    std::fprintf(stderr, "io_uring: %s\n",
                 std::generic_category().message(-error).c_str());
    return 3;
  }
  return netpoll::race::run_peer("race_io_uring", argc, argv,
                                 netpoll::race::serve);
}
