// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"syscall"

	"github.com/cloudwego/netpoll"
)

// eof first: netpoll's ErrEOF is an ErrConnClosed too, not the other way round.
var classes = []struct {
	err  error
	name string
}{
	{netpoll.ErrEOF, "eof"},
	{netpoll.ErrConnClosed, "conn_closed"},
	{netpoll.ErrReadTimeout, "read_timeout"},
	{netpoll.ErrWriteTimeout, "write_timeout"},
	{netpoll.ErrDialTimeout, "dial_timeout"},
	{netpoll.ErrConcurrentAccess, "concurrent_access"},
	{netpoll.ErrUnsupported, "unsupported"},
	{context.DeadlineExceeded, "timed_out"},
	{syscall.EPIPE, "EPIPE"},
	{syscall.ECONNRESET, "ECONNRESET"},
	{syscall.ECONNREFUSED, "ECONNREFUSED"},
	{syscall.EBADF, "EBADF"},
}

// The name of the kind of error, the same in both drivers.
func class(err error) string {
	if err == nil {
		return "ok"
	}
	for _, one := range classes {
		if errors.Is(err, one.err) {
			return one.name
		}
	}
	return "an error of no class: " + err.Error()
}
