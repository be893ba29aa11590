// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/bytedance/gopkg/lang/mcache"
	"github.com/cloudwego/netpoll"
)

// limit is how long a probe waits for what must come; long bears what must not.
const (
	limit = 5 * time.Second
	long  = 200 * time.Millisecond
)

func show(format string, values ...any) { fmt.Printf(format+"\n", values...) }

// skip ends a probe that this machine cannot run.
func skip(why string) {
	fmt.Println("skip: " + why)
	os.Exit(0)
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

// until waits for a condition that must come true.
func until(what string, holds func() bool) {
	for end := time.Now().Add(limit); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			check(fmt.Errorf("%s: never", what))
		}
	}
}

// panics tells how f ended.
func panics(f func()) (how string) {
	defer func() {
		if cause := recover(); cause != nil {
			how = fmt.Sprint("panic: ", cause)
		}
	}()
	f()
	return "no panic"
}

// stillPool makes the pool's next block the one that was freed last: one
// processor has one list, and no collector empties it.
func stillPool() {
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(-1)
}

// reuse takes a block of the class of `size` from the pool and fills it.
func reuse(size int) { copy(mcache.Malloc(size), bytes.Repeat([]byte{'x'}, size)) }

// filled has n nodes of 5000 bytes, each its own memory: a, b, c…
func filled(n int) *netpoll.LinkBuffer {
	buffer := netpoll.NewLinkBuffer()
	for i := 0; i < n; i++ {
		must(buffer.WriteBinary(bytes.Repeat([]byte{byte('a' + i)}, 5000)))
	}
	check(buffer.Flush())
	return buffer
}

// serve starts a loop on 127.0.0.1 and returns it with its address.
func serve(onRequest netpoll.OnRequest, options ...netpoll.Option) (netpoll.EventLoop, string) {
	loop := must(netpoll.NewEventLoop(onRequest, options...))
	return loop, serveOn(loop)
}

func serveOn(loop netpoll.EventLoop) string {
	listener := must(netpoll.CreateListener("tcp", "127.0.0.1:0"))
	go loop.Serve(listener)
	return listener.Addr().String()
}

func echo(_ context.Context, connection netpoll.Connection) error {
	text, err := connection.Reader().ReadString(connection.Reader().Len())
	if err == nil {
		_, err = connection.Write([]byte(text))
	}
	return err
}

// dial is a plain socket of Go's own.
func dial(address string) *net.TCPConn {
	return must(net.Dial("tcp", address)).(*net.TCPConn)
}

// answered sends one byte and tells whether one comes back in time.
func answered(peer net.Conn, wait time.Duration) bool {
	must(peer.Write([]byte("?")))
	check(peer.SetReadDeadline(time.Now().Add(wait)))
	n, _ := peer.Read(make([]byte, 1))
	return n == 1
}

// pair is a connection of the original and the descriptor of its peer.
func pair() (netpoll.Connection, net.Conn) {
	mine, other := netpoll.GetSysFdPairs()
	file := os.NewFile(uintptr(other), "peer")
	defer file.Close()
	return must(netpoll.NewFDConnection(mine)), must(net.FileConn(file))
}

// descriptors are the numbers whose link in /proc begins with `what`.
func descriptors(what string) map[int]bool {
	found := map[int]bool{}
	for _, entry := range must(os.ReadDir("/proc/self/fd")) {
		var fd int
		fmt.Sscan(entry.Name(), &fd)
		link, _ := os.Readlink("/proc/self/fd/" + entry.Name())
		if strings.HasPrefix(link, what) {
			found[fd] = true
		}
	}
	return found
}

// fresh are the numbers of `after` that `before` has not.
func fresh(before, after map[int]bool) (fds []int) {
	for fd := range after {
		if !before[fd] {
			fds = append(fds, fd)
		}
	}
	return fds
}

// initialized starts the pollers and returns the epoll and eventfd of theirs.
func initialized(pollers int) (epolls, events []int) {
	must(net.Listen("tcp", "127.0.0.1:0")) // Go's own epoll is there from now on
	check(netpoll.Configure(netpoll.Config{PollerNum: pollers}))
	epollsBefore, eventsBefore := descriptors("anon_inode:[eventpoll]"), descriptors("anon_inode:[eventfd]")
	netpoll.Initialize()
	return fresh(epollsBefore, descriptors("anon_inode:[eventpoll]")),
		fresh(eventsBefore, descriptors("anon_inode:[eventfd]"))
}

func cloexec(fd int) int {
	flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFD, 0)
	if errno != 0 {
		check(errno)
	}
	return int(flags) & syscall.FD_CLOEXEC
}

func option(fd, level, name int) int { return must(syscall.GetsockoptInt(fd, level, name)) }
