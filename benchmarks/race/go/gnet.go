// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"
	"os"

	"github.com/panjf2000/gnet/v2"
	"go.uber.org/zap"
)

type gnetEcho struct {
	gnet.BuiltinEventEngine
	err error // why OnBoot stopped the engine
}

// serveGnet follows echo_tcp of gnet-io/gnet-examples. The settings:
//   - WithNumEventLoop(1): one event loop, as for every library in the race.
//     One more goroutine only accepts.
//   - WithLockOSThread(true): its comment promises "a potential higher
//     performance", and the echo server of gnet-io/gnet-benchmarks has it.
//   - WithReuseAddr(true): a port can be used again at once. Go's net package
//     does that for the other three.
//   - WithLogger: gnet's own logger writes to standard output.
//
// TCP_NODELAY is on without a setting. WithEdgeTriggeredIO stays off: "Don't
// enable it unless you are 100% sure what you are doing".
func serveGnet(address string) error {
	logger, err := zap.NewDevelopment(zap.IncreaseLevel(zap.ErrorLevel))
	if err != nil {
		return err
	}
	echo := &gnetEcho{}
	err = gnet.Run(echo, "tcp://"+address,
		gnet.WithNumEventLoop(1),
		gnet.WithLockOSThread(true),
		gnet.WithReuseAddr(true),
		gnet.WithLogger(logger.Sugar()))
	if err != nil {
		return err
	}
	return echo.err
}

// OnBoot runs when the socket listens already. Only a copy of the socket tells
// which port it has.
func (echo *gnetEcho) OnBoot(engine gnet.Engine) gnet.Action {
	address, err := boundTo(engine)
	if err != nil {
		echo.err = err
		return gnet.Shutdown
	}
	listening(address)
	return gnet.None
}

// OnTraffic answers with all input that is there. Write may have to keep a part
// for later, and then it copies; so the buffer of Next is free when it returns.
func (*gnetEcho) OnTraffic(connection gnet.Conn) gnet.Action {
	busy()
	input, err := connection.Next(-1)
	if err != nil {
		return gnet.Close
	}
	if _, err := connection.Write(input); err != nil {
		return gnet.Close
	}
	return gnet.None
}

func boundTo(engine gnet.Engine) (net.Addr, error) {
	fd, err := engine.Dup()
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "listener")
	defer file.Close()
	listener, err := net.FileListener(file)
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	return listener.Addr(), nil
}
