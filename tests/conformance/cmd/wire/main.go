// SPDX-License-Identifier: Apache-2.0

// wire is one end of a stream of frames over Go netpoll: a server that sends
// each frame back, or a client that checks what comes back. wire_driver.cpp is
// its twin on our library.
//
//	wire serve NETWORK ADDRESS           until standard input ends
//	wire send NETWORK ADDRESS SEED FRAMES MIN MAX CUT_MIN CUT_MAX
//
// A frame is a length of four bytes, the highest first, and that many bytes.
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/cloudwego/netpoll"
)

func main() {
	if len(os.Args) == 4 && os.Args[1] == "serve" {
		serve(os.Args[2], os.Args[3])
	} else if len(os.Args) == 10 && os.Args[1] == "send" {
		send(os.Args[2], os.Args[3], planOf(os.Args[4:]))
	} else {
		must(fmt.Errorf("see the comment at the top of main.go"))
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "wire:", err)
		os.Exit(1)
	}
}

// served counts what came over one connection.
type served struct{ frames, bytes int }

type key struct{}

func serve(network, address string) {
	listener, err := netpoll.CreateListener(network, address)
	must(err)
	loop, err := netpoll.NewEventLoop(echo, netpoll.WithOnPrepare(prepare))
	must(err)
	fmt.Println("listening " + listener.Addr().String())
	go loop.Serve(listener)
	io.Copy(io.Discard, os.Stdin)
}

func prepare(conn netpoll.Connection) context.Context {
	seen := &served{}
	conn.AddCloseCallback(func(netpoll.Connection) error {
		fmt.Printf("served %d frames, %d bytes\n", seen.frames, seen.bytes)
		return nil
	})
	return context.WithValue(context.Background(), key{}, seen)
}

func echo(ctx context.Context, conn netpoll.Connection) error {
	seen := ctx.Value(key{}).(*served)
	in, out := conn.Reader(), conn.Writer()
	for in.Len() > 0 {
		head, err := in.Peek(4)
		if err != nil {
			return conn.Close()
		}
		size := 4 + int(binary.BigEndian.Uint32(head))
		frame, err := in.Next(size)
		if err != nil {
			return conn.Close()
		}
		copied, _ := out.Malloc(size)
		copy(copied, frame)
		in.Release()
		seen.frames++
		seen.bytes += size
	}
	if out.Flush() != nil {
		return conn.Close()
	}
	return nil
}

// plan is what a client sends, the same in both drivers.
type plan struct {
	random                        uint64
	frames, min, max, least, most int
}

func planOf(words []string) *plan {
	var n [6]int
	for i, word := range words {
		var err error
		n[i], err = strconv.Atoi(word)
		must(err)
	}
	return &plan{uint64(n[0]), n[1], n[2], n[3], n[4], n[5]}
}

// between gives the next number of [low, high].
func (p *plan) between(low, high int) int {
	p.random = p.random*6364136223846793005 + 1442695040888963407
	return low + int((p.random>>33)%uint64(high-low+1))
}

func fill(frame []byte, number int) {
	binary.BigEndian.PutUint32(frame, uint32(len(frame)-4))
	for i := range frame[4:] {
		frame[4+i] = byte(number*131 + i*7 + (i >> 8))
	}
}

func send(network, address string, p *plan) {
	conn, err := netpoll.DialConnection(network, address, 0)
	must(err)
	sizes := make([]int, p.frames)
	for i := range sizes {
		sizes[i] = 4 + p.between(p.min, p.max)
	}
	sent := make(chan error)
	go func() { sent <- sendAll(conn.Writer(), p, sizes) }()
	verdict := check(conn.Reader(), sizes)
	if err := <-sent; err != nil {
		verdict += ", and a flush failed: " + err.Error()
	}
	fmt.Println(verdict)
	must(conn.Close())
}

func sendAll(out netpoll.Writer, p *plan, sizes []int) error {
	left := p.between(p.least, p.most)
	for number, size := range sizes {
		frame := make([]byte, size)
		fill(frame, number)
		for len(frame) > 0 {
			n := left
			if n > len(frame) {
				n = len(frame)
			}
			part, _ := out.Malloc(n)
			copy(part, frame)
			frame = frame[n:]
			if left -= n; left == 0 {
				if err := out.Flush(); err != nil {
					return err
				}
				left = p.between(p.least, p.most)
			}
		}
	}
	return out.Flush()
}

func check(in netpoll.Reader, sizes []int) string {
	total := 0
	for number, size := range sizes {
		got, err := in.Next(size)
		if err != nil {
			return fmt.Sprintf("frame %d: %v", number, err)
		}
		expected := make([]byte, size)
		fill(expected, number)
		if !bytes.Equal(got, expected) {
			return fmt.Sprintf("frame %d came back changed", number)
		}
		in.Release()
		total += size
	}
	return fmt.Sprintf("echoed %d frames, %d bytes", len(sizes), total)
}
