// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/cloudwego/netpoll"
)

// One poller, as for every library in the race; it is also what netpoll takes by
// itself with fewer than 20 cores. Configure's comment asks for a call in init();
// no poller starts before the listener is served.
func init() {
	if err := netpoll.Configure(netpoll.Config{PollerNum: 1}); err != nil {
		panic(err)
	}
}

// serveNetpoll follows "Use Server" in netpoll's docs/guide/guide_en.md. All else
// is as netpoll has it: handlers run in gopool, and TCP_NODELAY is on.
func serveNetpoll(address string) error {
	listener, err := netpoll.CreateListener("tcp", address)
	if err != nil {
		return err
	}
	loop, err := netpoll.NewEventLoop(echoNetpoll)
	if err != nil {
		return err
	}
	listening(listener.Addr())
	return loop.Serve(listener)
}

// echoNetpoll is netpoll's OnRequest: it answers with all input that is there,
// through the nocopy Reader and Writer that the guide recommends. WriteBinary
// keeps a reference to a slice of more than 4 KiB instead of a copy, and Flush
// returns when the kernel has taken every byte. So Release comes after Flush.
//
// Slice and Append, of the guide's "Advanced Usage", do not make an echo: in
// v0.7.0 Append panics on what Slice returns, which has no node to write to.
func echoNetpoll(_ context.Context, connection netpoll.Connection) error {
	busy()
	reader, writer := connection.Reader(), connection.Writer()
	input, err := reader.Next(reader.Len())
	if err != nil {
		return err
	}
	defer reader.Release()
	if _, err := writer.WriteBinary(input); err != nil {
		return err
	}
	return writer.Flush()
}
