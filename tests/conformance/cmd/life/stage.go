// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/cloudwego/netpoll"
)

// Stage is one situation: the scripts of its handlers, its gates, the one
// connection it is about, and the loop that accepted it.
type Stage struct {
	id      string
	options []netpoll.Option
	lanes   sync.WaitGroup
	served  sync.WaitGroup
	loop    netpoll.EventLoop

	mutex   sync.Mutex
	changed *sync.Cond
	scripts map[string]string
	open    map[string]bool
	calls   map[string]int
	conn    netpoll.Connection
}

var output sync.Mutex

func newStage(id string) *Stage {
	s := &Stage{id: id, scripts: map[string]string{}, open: map[string]bool{}, calls: map[string]int{}}
	s.changed = sync.NewCond(&s.mutex)
	return s
}

func (s *Stage) say(lane, text string) {
	output.Lock()
	defer output.Unlock()
	fmt.Fprintf(os.Stdout, "%s|%s|%s\n", s.id, lane, text)
}

func (s *Stage) option(name, value string) error {
	ms, err := strconv.Atoi(value)
	limit := time.Duration(ms) * time.Millisecond
	switch name {
	case "read_timeout":
		s.options = append(s.options, netpoll.WithReadTimeout(limit))
	case "write_timeout":
		s.options = append(s.options, netpoll.WithWriteTimeout(limit))
	default:
		return fmt.Errorf("no such option")
	}
	return err
}

func (s *Stage) setScript(name, text string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.scripts[name] = text
}

func (s *Stage) script(name string) (string, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	text, ok := s.scripts[name]
	return text, ok
}

// gate opens the gate, or waits until it is open.
func (s *Stage) gate(name string, open bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if open {
		s.open[name] = true
		s.changed.Broadcast()
	}
	for !s.open[name] {
		s.changed.Wait()
	}
}

// call runs the handler's script, between a line that it begins and one that
// it ends.
func (s *Stage) call(handler string, conn netpoll.Connection) {
	s.mutex.Lock()
	s.calls[handler]++
	s.mutex.Unlock()
	text, _ := s.script(handler)
	switch handler {
	case "on_prepare", "on_connect", "on_disconnect": // input may come at any time
		s.say(handler, "begins")
	default:
		s.say(handler, fmt.Sprintf("begins with %d bytes to read", conn.Reader().Len()))
	}
	s.run(handler, conn, text)
	s.say(handler, "ends")
}

// adopt makes this the stage's connection, and has its end reported.
func (s *Stage) adopt(conn netpoll.Connection) {
	s.mutex.Lock()
	s.conn = conn
	s.mutex.Unlock()
	s.addCallback(conn, "closed")
}

func (s *Stage) addCallback(conn netpoll.Connection, name string) {
	conn.AddCloseCallback(func(conn netpoll.Connection) error {
		s.say("callback", name)
		if text, ok := s.script(name); ok {
			s.run("callback", conn, text)
		}
		return nil
	})
}

func (s *Stage) onRequest(handler string) netpoll.OnRequest {
	return func(_ context.Context, conn netpoll.Connection) error {
		s.call(handler, conn)
		return nil
	}
}

func (s *Stage) serve(network, address string) error {
	listener, err := netpoll.CreateListener(network, address)
	if err != nil {
		return err
	}
	options := append(s.options, netpoll.WithOnPrepare(func(conn netpoll.Connection) context.Context {
		s.adopt(conn)
		s.call("on_prepare", conn)
		return context.Background()
	}))
	if _, ok := s.script("on_connect"); ok {
		options = append(options, netpoll.WithOnConnect(func(ctx context.Context, conn netpoll.Connection) context.Context {
			s.call("on_connect", conn)
			return ctx
		}))
	}
	if _, ok := s.script("on_disconnect"); ok {
		options = append(options, netpoll.WithOnDisconnect(func(_ context.Context, conn netpoll.Connection) {
			s.call("on_disconnect", conn)
		}))
	}
	var onRequest netpoll.OnRequest
	if _, ok := s.script("on_request"); ok {
		onRequest = s.onRequest("on_request")
	}
	if s.loop, err = netpoll.NewEventLoop(onRequest, options...); err != nil {
		return err
	}
	s.served.Add(1)
	go func() {
		defer s.served.Done()
		s.say("serve", "returns = "+class(s.loop.Serve(listener)))
	}()
	s.say("stage", "listening "+listener.Addr().String())
	return nil
}

// disconnecting is what every connection has, but the interface does not name.
type disconnecting interface {
	SetOnDisconnect(netpoll.OnDisconnect) error
}

func (s *Stage) dial(network, rest string) error {
	var address string
	var ms int
	if _, err := fmt.Sscan(rest, &address, &ms); err != nil {
		return err
	}
	conn, err := netpoll.DialConnection(network, address, time.Duration(ms)*time.Millisecond)
	if err == nil {
		s.adopt(conn)
		if _, ok := s.script("on_request"); ok {
			conn.SetOnRequest(s.onRequest("on_request"))
		}
		if _, ok := s.script("on_disconnect"); ok {
			conn.(disconnecting).SetOnDisconnect(func(_ context.Context, conn netpoll.Connection) {
				s.call("on_disconnect", conn)
			})
		}
	}
	s.say("stage", "dial = "+class(err))
	return nil
}

// do runs the script on a thread of its own.
func (s *Stage) do(lane, text string) {
	s.mutex.Lock()
	conn := s.conn
	s.mutex.Unlock()
	s.lanes.Add(1)
	go func() {
		defer s.lanes.Done()
		s.run(lane, conn, text)
		s.say(lane, "done")
	}()
}

func (s *Stage) shutdown(ms int) string {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(ms)*time.Millisecond)
	defer cancel()
	return class(s.loop.Shutdown(ctx))
}

// end closes what is left. Lanes first: a script may still shut the loop down.
func (s *Stage) end() {
	s.lanes.Wait()
	if s.loop != nil {
		s.shutdown(1000)
		s.served.Wait()
	}
	s.mutex.Lock()
	conn := s.conn
	s.mutex.Unlock()
	if conn != nil && conn.IsActive() {
		conn.Close()
	}
	s.say("stage", "ended")
}
