// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/cloudwego/netpoll"
)

// Of mainline Linux; the original calls it SO_ZEROBLOCKTIMEO.
const preferBusyPoll = 69

func init() {
	add(map[string]func(){
		"broadcast":       broadcast,
		"close_on_exec":   closeOnExec,
		"dead_epoll":      deadEpoll,
		"deaf_poller":     deafPoller,
		"dial_cancelled":  dialCancelled,
		"dial_refused":    dialRefused,
		"keepalive":       keepalive,
		"nameless_unix":   namelessUnix,
		"second_serve":    secondServe,
		"second_shutdown": secondShutdown,
		"two_descriptors": twoDescriptors,
		"udp_listener":    udpListener,
		"v6only":          v6only,
		"zero_copy":       zeroCopy,
	})
}

// accepted is the descriptor of a connection that a server has just accepted.
func accepted(options ...netpoll.Option) (fd int, peer *net.TCPConn) {
	fds := make(chan int, 1)
	_, address := serve(nil, append(options, netpoll.WithOnConnect(
		func(ctx context.Context, connection netpoll.Connection) context.Context {
			fds <- connection.(netpoll.Conn).Fd()
			return ctx
		}))...)
	peer = dial(address)
	return <-fds, peer
}

func broadcast() {
	_, address := serve(echo)
	connection := must(netpoll.DialConnection("tcp", address, limit))
	fd := connection.(netpoll.Conn).Fd()
	show("SO_BROADCAST of a dialled stream: %d", option(fd, syscall.SOL_SOCKET, syscall.SO_BROADCAST))
}

func closeOnExec() {
	epolls, events := initialized(1)
	listener := must(netpoll.CreateListener("tcp", "127.0.0.1:0"))
	fd, _ := accepted()
	_, address := serve(echo)
	dialled := must(netpoll.DialConnection("tcp", address, limit))
	show("close-on-exec: listener %d, dialled %d, accepted %d, epoll %d, eventfd %d",
		cloexec(listener.Fd()), cloexec(dialled.(netpoll.Conn).Fd()), cloexec(fd), cloexec(epolls[0]), cloexec(events[0]))
}

// The poller's epoll is closed under it; the process goes on.
func deadEpoll() {
	var log strings.Builder
	netpoll.SetLoggerOutput(&log)
	epolls, _ := initialized(1)
	connection, peer := pair()
	check(connection.SetOnRequest(echo))
	show("before: answers %v", answered(peer, limit))
	check(syscall.Close(epolls[0]))
	answered(peer, long) // the wait that has begun may still end
	show("epoll_wait fails: answers %v, lines logged %d", answered(peer, long), strings.Count(log.String(), "\n"))
}

func deafPoller() {
	initialized(2)
	var peers []net.Conn
	for i := 0; i < 2; i++ {
		connection, peer := pair()
		check(connection.SetOnRequest(echo))
		peers = append(peers, peer)
	}
	show("two pollers: answer %v and %v", answered(peers[0], limit), answered(peers[1], limit))
	before := len(descriptors("anon_inode:[eventpoll]"))
	check(netpoll.SetNumLoops(1))
	pair() // the pollers are counted anew for the next connection
	until("a closed poller", func() bool { return len(descriptors("anon_inode:[eventpoll]")) < before })
	first, second := answered(peers[0], long), answered(peers[1], long)
	show("one poller: both answer %v", first && second)
}

// The listener's queue is full, so a dial has to wait.
func dialCancelled() {
	fd := must(syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0))
	check(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	check(syscall.Listen(fd, 0))
	port := must(syscall.Getsockname(fd)).(*syscall.SockaddrInet4).Port
	for i := 0; ; i++ {
		if _, err := net.DialTimeout("tcp", fmt.Sprint("127.0.0.1:", port), long); err != nil {
			break
		}
		if i > 9 {
			skip("the queue of a listener is never full")
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(long, cancel)
	peer := &netpoll.TCPAddr{TCPAddr: net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}}
	_, err := netpoll.DialTCP(ctx, "tcp", nil, peer)
	show("DialTCP: %v", errors.Unwrap(err))
}

func dialRefused() {
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	check(listener.Close())
	_, err := netpoll.DialConnection("tcp", listener.Addr().String(), limit)
	show("nobody listens: %v", errors.Unwrap(err))
	show("is ECONNREFUSED %v, is ErrConnClosed %v", errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, netpoll.ErrConnClosed))
}

func keepalive() {
	fd, _ := accepted(netpoll.WithIdleTimeout(2 * time.Second))
	text := must(os.ReadFile("/proc/sys/net/ipv4/tcp_keepalive_probes"))
	system := must(strconv.Atoi(strings.TrimSpace(string(text))))
	show("WithIdleTimeout(2 s): SO_KEEPALIVE %d, idle %d s, interval %d s, questions as the system has them %v",
		option(fd, syscall.SOL_SOCKET, syscall.SO_KEEPALIVE),
		option(fd, syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE),
		option(fd, syscall.IPPROTO_TCP, syscall.TCP_KEEPINTVL),
		option(fd, syscall.IPPROTO_TCP, syscall.TCP_KEEPCNT) == system)
}

func namelessUnix() {
	_, err := netpoll.DialUnix("unix", nil, &netpoll.UnixAddr{UnixAddr: net.UnixAddr{Net: "unix"}})
	show("DialUnix without a name: %v", errors.Unwrap(err))
}

// One loop serves two listeners and is then shut down.
func secondServe() {
	loop := must(netpoll.NewEventLoop(echo))
	var addresses []string
	for i := 0; i < 2; i++ {
		address := serveOn(loop)
		addresses = append(addresses, address)
		answered(dial(address), limit) // it serves
	}
	check(loop.Shutdown(context.Background()))
	show("after Shutdown: the first listener answers %v", answered(dial(addresses[0]), limit))
	_, err := net.Dial("tcp", addresses[1])
	show("the second is refused %v", errors.Is(err, syscall.ECONNREFUSED))
}

// A handler is at work when the loop is shut down twice.
func secondShutdown() {
	begun, end := make(chan bool), make(chan bool)
	loop, address := serve(func(_ context.Context, connection netpoll.Connection) error {
		must(connection.Reader().Next(1))
		close(begun)
		<-end
		return nil
	})
	must(dial(address).Write([]byte("?")))
	<-begun
	ctx, cancel := context.WithTimeout(context.Background(), long)
	defer cancel()
	show("first Shutdown: %v", loop.Shutdown(ctx))
	show("second Shutdown: %v", loop.Shutdown(context.Background()))
	close(end)
}

func twoDescriptors() {
	before := descriptors("socket:")
	must(netpoll.ConvertListener(must(net.Listen("tcp", "127.0.0.1:0"))))
	numbers, links := fresh(before, descriptors("socket:")), map[string]bool{}
	for _, fd := range numbers {
		links[must(os.Readlink(fmt.Sprint("/proc/self/fd/", fd)))] = true
	}
	show("ConvertListener: %d descriptors, %d socket", len(numbers), len(links))
}

func udpListener() {
	listener, err := netpoll.CreateListener("udp", "127.0.0.1:0")
	show("CreateListener of udp: %v", err)
	_, err = listener.Accept()
	show("Accept: %v", err)
}

// A socket of IPv6 alone cannot reach an address of IPv4, one of both can.
func v6only() {
	listener, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		skip("no IPv6 here")
	}
	connection := must(netpoll.DialConnection("tcp6", listener.Addr().String(), limit))
	fd := connection.(netpoll.Conn).Fd()
	show("IPV6_V6ONLY of a dialled tcp6 socket: %d", option(fd, syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY))
	four := must(net.Listen("tcp4", "127.0.0.1:0")).Addr().(*net.TCPAddr)
	mapped := &netpoll.TCPAddr{TCPAddr: net.TCPAddr{IP: four.IP.To16(), Port: four.Port}}
	_, err = netpoll.DialTCP(context.Background(), "tcp6", nil, mapped)
	show("to ::ffff:127.0.0.1: unreachable %v", errors.Is(err, syscall.ENETUNREACH))
}

func zeroCopy() {
	fd, _ := accepted()
	show("SO_ZEROCOPY of an accepted socket: %d", option(fd, syscall.SOL_SOCKET, netpoll.SO_ZEROCOPY))
	if os.Geteuid() != 0 {
		skip("SO_PREFER_BUSY_POLL is for root")
	}
	busy, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, preferBusyPoll)
	if err != nil {
		skip("no SO_PREFER_BUSY_POLL before Linux 5.11")
	}
	show("option 69 of it: %d", busy)
}
