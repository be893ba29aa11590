// SPDX-License-Identifier: Apache-2.0
//
// The other calls, each in front of the one of the C library: epoll, files,
// threads, names.
#include <fcntl.h>
#include <linux/futex.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <ctime>

#include "inject.h"

using namespace netpoll::faults;

namespace {

// One name for each Kind: stream, listener, event, epoll, file.
constexpr const char* kAdd[] = {"epoll_ctl.add.stream",
                                "epoll_ctl.add.listener", "epoll_ctl.add.event",
                                "epoll_ctl.add.epoll", "epoll_ctl.add.file"};
constexpr const char* kMod[] = {"epoll_ctl.mod.stream",
                                "epoll_ctl.mod.listener", "epoll_ctl.mod.event",
                                "epoll_ctl.mod.epoll", "epoll_ctl.mod.file"};
constexpr const char* kDel[] = {"epoll_ctl.del.stream",
                                "epoll_ctl.del.listener", "epoll_ctl.del.event",
                                "epoll_ctl.del.epoll", "epoll_ctl.del.file"};
constexpr const char* kClose[] = {"close.stream", "close.listener",
                                  "close.event", "close.epoll", "close.file"};
constexpr const char* kRead[] = {"read.stream", "read.listener", "read.event",
                                 "read.epoll", "read.file"};
constexpr const char* kWrite[] = {"write.stream", "write.listener",
                                  "write.event", "write.epoll", "write.file"};

const char* fcntl_site(int command) {
  if (command == F_DUPFD_CLOEXEC) return "fcntl.dupfd";
  if (command == F_GETFL) return "fcntl.getfl";
  return command == F_SETFL ? "fcntl.setfl" : "fcntl.setfd";
}

const char* futex_site(long operation) {
  const long command = operation & FUTEX_CMD_MASK;
  const bool waits = command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET;
  return waits ? "futex.wait" : "futex.wake";
}

}  // namespace

extern "C" {

int epoll_create1(int flags) noexcept {
  static auto* const real = next(&::epoll_create1, "epoll_create1");
  const int fd = pass("epoll_create1", -1, [&] { return real(flags); });
  note(fd, Kind::epoll);
  return fd;
}

int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) noexcept {
  static auto* const real = next(&::epoll_ctl, "epoll_ctl");
  const auto& names = operation == EPOLL_CTL_ADD   ? kAdd
                      : operation == EPOLL_CTL_MOD ? kMod
                                                   : kDel;
  return pass(by_kind(names, fd), -1,
              [&] { return real(epoll, operation, fd, event); });
}

int epoll_wait(int epoll, epoll_event* events, int most, int timeout) {
  static auto* const real = next(&::epoll_wait, "epoll_wait");
  const Verdict verdict = judge("epoll_wait");
  if (verdict.how == How::none) return 0;
  if (verdict.how == How::shorten) most = std::min(most, verdict.number);
  if (verdict.how != How::refuse) return real(epoll, events, most, timeout);
  errno = verdict.number;
  return -1;
}

int eventfd(unsigned value, int flags) noexcept {
  static auto* const real = next(&::eventfd, "eventfd");
  const int fd = pass("eventfd", -1, [&] { return real(value, flags); });
  note(fd, Kind::event);
  return fd;
}

int poll(pollfd* polled, nfds_t count, int timeout) {
  static auto* const real = next(&::poll, "poll");
  const Verdict verdict = judge(count == 0 ? "poll.sleep" : "poll.wait");
  if (verdict.how == How::none) return 0;
  if (verdict.how != How::refuse) return real(polled, count, timeout);
  errno = verdict.number;
  return -1;
}

int close(int fd) {
  static auto* const real = next(&::close, "close");
  const char* const site = by_kind(kClose, fd);
  note(fd, Kind::stream);  // before another thread can get the number
  return pass(site, -1, [&] { return real(fd); });
}

ssize_t read(int fd, void* room, std::size_t size) {
  static auto* const real = next(&::read, "read");
  return pass<ssize_t>(by_kind(kRead, fd), -1,
                       [&] { return real(fd, room, size); });
}

ssize_t write(int fd, const void* bytes, std::size_t size) {
  static auto* const real = next(&::write, "write");
  return pass<ssize_t>(by_kind(kWrite, fd), -1,
                       [&] { return real(fd, bytes, size); });
}

int fcntl(int fd, int command, ...) {
  static auto* const real = next(&::fcntl, "fcntl");
  std::va_list more;
  va_start(more, command);
  const long argument = va_arg(more, long);
  va_end(more);
  const int result = pass(fcntl_site(command), -1,
                          [&] { return real(fd, command, argument); });
  if (command == F_DUPFD_CLOEXEC) note(result, kind_of(fd));
  return result;
}

int open(const char* path, int flags, ...) {
  static auto* const real = next(&::open, "open");
  std::va_list more;
  va_start(more, flags);
  const unsigned mode = va_arg(more, unsigned);
  va_end(more);
  const int fd = pass("open", -1, [&] { return real(path, flags, mode); });
  note(fd, Kind::file);
  return fd;
}

int flock(int fd, int operation) noexcept {
  static auto* const real = next(&::flock, "flock");
  return pass("flock", -1, [&] { return real(fd, operation); });
}

int fstat(int fd, struct stat* status) noexcept {
  static auto* const real = next(&::fstat, "fstat");
  return pass("fstat", -1, [&] { return real(fd, status); });
}

int lstat(const char* path, struct stat* status) noexcept {
  static auto* const real = next(&::lstat, "lstat");
  return pass("lstat", -1, [&] { return real(path, status); });
}

int unlink(const char* path) noexcept {
  static auto* const real = next(&::unlink, "unlink");
  return pass("unlink", -1, [&] { return real(path); });
}

char* getcwd(char* room, std::size_t size) noexcept {
  static auto* const real = next(&::getcwd, "getcwd");
  return pass<char*>("getcwd", nullptr, [&] { return real(room, size); });
}

int nanosleep(const timespec* wanted, timespec* left) {
  static auto* const real = next(&::nanosleep, "nanosleep");
  if (counts() && left != nullptr) *left = *wanted;
  return pass("nanosleep", -1, [&] { return real(wanted, left); });
}

long syscall(long number, ...) noexcept {
  static auto* const real = next(&::syscall, "syscall");
  std::va_list more;
  va_start(more, number);
  long with[6];
  for (long& argument : with)
    argument = va_arg(more, long);
  va_end(more);
  const auto call = [&] {
    return real(number, with[0], with[1], with[2], with[3], with[4], with[5]);
  };
  if (number == SYS_recvfrom) {  // os::discard()
    const Verdict verdict = judge("recv.discard");
    if (verdict.how == How::shorten) {
      with[2] = std::min<long>(with[2], verdict.number);
    }
    if (verdict.how != How::refuse) return call();
    errno = verdict.number;
    return -1;
  }
  return pass(number == SYS_futex ? futex_site(with[1]) : "syscall", -1L, call);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                   void* (*body)(void*), void* argument) noexcept {
  static auto* const real = next(&::pthread_create, "pthread_create");
  const Verdict verdict = judge("pthread_create");
  if (verdict.how == How::refuse) return verdict.number;
  return real(thread, attributes, body, argument);
}

int getaddrinfo(const char* host, const char* service, const addrinfo* hints,
                addrinfo** found) {
  static auto* const real = next(&::getaddrinfo, "getaddrinfo");
  const Verdict verdict = judge("getaddrinfo");
  if (verdict.how == How::refuse) {
    if (verdict.number == EAI_SYSTEM) errno = ENOMEM;
    return verdict.number;
  }
  return real(host, service, hints, found);
}

unsigned if_nametoindex(const char* name) noexcept {
  static auto* const real = next(&::if_nametoindex, "if_nametoindex");
  return pass("if_nametoindex", 0U, [&] { return real(name); });
}

char* if_indextoname(unsigned index, char* name) noexcept {
  static auto* const real = next(&::if_indextoname, "if_indextoname");
  return pass<char*>("if_indextoname", nullptr,
                     [&] { return real(index, name); });
}

}  // extern "C"
