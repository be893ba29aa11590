// SPDX-License-Identifier: Apache-2.0

package main

import "github.com/tidwall/evio"

// serveEvio follows evio's examples/echo-server: Data returns its input. The
// settings:
//   - NumLoops: one event loop, as for every library in the race.
//   - ReuseInputBuffer: saves a copy of each input. The buffer is then shared by
//     all connections and belongs to Data only until it returns. Data may still
//     return it: evio copies what Data returns before it reads again.
//
// evio never sets TCP_NODELAY and has no setting for it. So a large answer can
// wait about 40 ms for the client's delayed ACK.
func serveEvio(address string) error {
	events := evio.Events{
		NumLoops: 1,
		Serving: func(server evio.Server) evio.Action {
			listening(server.Addrs[0])
			return evio.None
		},
		Opened: func(evio.Conn) (out []byte, options evio.Options, action evio.Action) {
			return nil, evio.Options{ReuseInputBuffer: true}, evio.None
		},
		Data: func(_ evio.Conn, input []byte) (out []byte, action evio.Action) {
			busy()
			return input, evio.None
		},
	}
	return evio.Serve(events, "tcp://"+address)
}
