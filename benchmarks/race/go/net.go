// SPDX-License-Identifier: Apache-2.0

package main

import "net"

// serveNet is Go without a library: a goroutine for each connection, as in the
// example of net.Listener. TCP_NODELAY is on without a setting (see
// net.TCPConn.SetNoDelay).
func serveNet(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	listening(listener.Addr())
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		go echoNet(connection)
	}
}

// echoNet has one buffer of 64 KiB; gnet reads into one of that size too.
// Write returns when the kernel has taken every byte. io.Copy would not do: it
// moves the bytes inside the kernel, with splice, and no call could do the work
// of a request.
func echoNet(connection net.Conn) {
	defer connection.Close()
	buffer := make([]byte, 64<<10)
	for {
		size, err := connection.Read(buffer)
		if err != nil {
			return
		}
		busy()
		if _, err := connection.Write(buffer[:size]); err != nil {
			return
		}
	}
}
