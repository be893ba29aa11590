// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"github.com/cloudwego/netpoll"
)

func init() {
	add(map[string]func(){
		"deadlines":           deadlines,
		"error_eof":           errorEof,
		"half_close":          halfClose,
		"handler_panics":      handlerPanics,
		"handler_replaced":    handlerReplaced,
		"malloc_after_close":  mallocAfterClose,
		"new_handler":         newHandler,
		"own_close":           ownClose,
		"read_ends_view":      readEndsView,
		"release_after_close": releaseAfterClose,
		"spinning":            spinning,
		"timeout_no_address":  timeoutNoAddress,
		"until_consumes":      untilConsumes,
	})
}

func deadlines() {
	connection, _ := pair()
	show("SetDeadline: %v", connection.SetDeadline(time.Now().Add(time.Hour)))
}

func errorEof() {
	connection, peer := pair()
	check(peer.Close())
	_, err := connection.Reader().Next(1)
	show("the peer's end is ErrEOF %v", errors.Is(err, netpoll.ErrEOF))
	show("it is ErrConnClosed %v and io.EOF %v", errors.Is(err, netpoll.ErrConnClosed), errors.Is(err, io.EOF))
}

// The handler answers when the end of the peer's stream has been seen.
func halfClose() {
	flushed := make(chan error, 1)
	_, address := serve(func(_ context.Context, connection netpoll.Connection) error {
		must(connection.Reader().Next(1))
		until("the peer's end", func() bool { return !connection.IsActive() })
		must(connection.Writer().WriteString("answer"))
		flushed <- connection.Writer().Flush()
		return nil
	})
	peer := dial(address)
	must(peer.Write([]byte("?")))
	check(peer.CloseWrite())
	answer, _ := io.ReadAll(peer)
	show("a slow handler's Flush: %v", <-flushed)
	show("the half-closed peer gets %d bytes", len(answer))
}

func handlerPanics() {
	_, address := serve(func(_ context.Context, connection netpoll.Connection) error { panic("boom") })
	peer := dial(address)
	must(peer.Write([]byte("?")))
	_, err := peer.Read(make([]byte, 1))
	show("the peer sees %v, and the process lives", err)
}

// The input comes while OnConnect runs, which then sets the first handler.
func newHandler() {
	var calls int32
	set := make(chan bool)
	_, address := serve(nil, netpoll.WithOnConnect(func(ctx context.Context, connection netpoll.Connection) context.Context {
		until("input", func() bool { return connection.Reader().Len() > 0 })
		check(connection.SetOnRequest(func(_ context.Context, connection netpoll.Connection) error {
			atomic.AddInt32(&calls, 1)
			return echo(nil, connection)
		}))
		close(set)
		return ctx
	}))
	peer := dial(address)
	must(peer.Write([]byte("?")))
	<-set
	show("the handler set in OnConnect answers: %v, %v", answered(peer, long), answered(peer, long))
	show("its calls: %d", atomic.LoadInt32(&calls))
}

// The first call of a handler puts another in its place while a byte is left.
func handlerReplaced() {
	names, calls := make(chan string, 9), 0
	second := func(_ context.Context, connection netpoll.Connection) error {
		names <- "new"
		return connection.Reader().Skip(1)
	}
	connection, peer := pair()
	check(connection.SetOnRequest(func(_ context.Context, connection netpoll.Connection) error {
		if calls++; calls == 1 {
			until("both bytes", func() bool { return connection.Reader().Len() == 2 })
			check(connection.SetOnRequest(second))
		}
		names <- "old"
		return connection.Reader().Skip(1)
	}))
	must(peer.Write([]byte("a")))
	must(peer.Write([]byte("b")))
	show("first byte: the %s handler; second byte, after SetOnRequest: the %s handler", <-names, <-names)
}

func mallocAfterClose() {
	connection, _ := pair()
	check(connection.Close())
	show("Malloc after Close: %s", panics(func() { connection.Writer().Malloc(1) }))
}

func ownClose() {
	told := make(chan bool, 1)
	_, address := serve(nil,
		netpoll.WithOnConnect(func(ctx context.Context, connection netpoll.Connection) context.Context {
			check(connection.Close())
			return ctx
		}),
		netpoll.WithOnDisconnect(func(context.Context, netpoll.Connection) { told <- true }))
	dial(address)
	select {
	case <-told:
		show("Close in OnConnect: OnDisconnect is called")
	case <-time.After(limit):
		show("Close in OnConnect: OnDisconnect is not called")
	}
}

// The first node's memory goes back to the pool although a view is out.
func readEndsView() {
	stillPool()
	connection, peer := pair()
	const first = 8192
	must(peer.Write(bytes.Repeat([]byte{'a'}, first)))
	until("the first node", func() bool { return connection.Reader().Len() == first })
	must(peer.Write([]byte("more")))
	until("the second node", func() bool { return connection.Reader().Len() == first+4 })
	view := must(connection.Reader().Peek(10))
	must(connection.Read(make([]byte, first+4)))
	reuse(first)
	show("the view of Peek begins with a, after Read with %c", view[0])
}

// The operator of a closed connection serves the next one; a late Release of
// the first takes it and, as its own buffer is gone, never gives it back.
func releaseAfterClose() {
	poll, other := pair()
	check(poll.SetOnRequest(echo))
	closed, _ := pair()
	check(closed.Close())
	answered(other, limit) // a turn of the poller frees the operator
	connection, peer := pair()
	check(connection.SetOnRequest(echo))
	show("the next connection answers: %v", answered(peer, limit))
	panics(func() { closed.Reader().Release() })
	show("after Release of the closed one: %v", answered(peer, long))
}

func spinning() {
	calls := make(chan int, 1)
	count := 0
	connection, peer := pair()
	check(connection.SetOnRequest(func(_ context.Context, connection netpoll.Connection) error {
		if count++; count == 1000 {
			calls <- count
			return connection.Close()
		}
		return nil
	}))
	must(peer.Write([]byte("?")))
	show("calls of a handler that does not read, for one byte: %d and more", <-calls)
}

func timeoutNoAddress() {
	connection, _ := pair()
	check(connection.SetReadTimeout(time.Millisecond))
	show("a read timeout: %s", panics(func() { connection.Reader().Next(1) }))
}

func untilConsumes() {
	connection, peer := pair()
	must(peer.Write([]byte("abc")))
	check(peer.Close())
	line, err := connection.Reader().Until('\n')
	show("Until: %q, ErrEOF %v, left %d", line, errors.Is(err, netpoll.ErrEOF), connection.Reader().Len())
}
