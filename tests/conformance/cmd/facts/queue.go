// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
	"reflect"
	"unsafe"

	"github.com/cloudwego/netpoll"
	"github.com/cloudwego/netpoll/mux"
)

func init() {
	add(map[string]func(){
		"queue_late_add": queueLateAdd,
		"queue_wraps":    queueWraps,
	})
}

// Add returns nothing, so a getter that is dropped is dropped in silence.
func queueLateAdd() {
	connection, _ := pair()
	queue := mux.NewShardQueue(3, connection)
	check(queue.Close())
	called := false
	queue.Add(func() (netpoll.Writer, bool) { called = true; return nil, true })
	show("Add after Close: called %v, no result", called)
}

// As after 2^31 - 1 calls of Add.
func queueWraps() {
	connection, _ := pair()
	queue := mux.NewShardQueue(3, connection)
	index := reflect.ValueOf(queue).Elem().FieldByName("idx")
	*(*int32)(unsafe.Pointer(index.UnsafeAddr())) = math.MaxInt32
	show("the next Add: %s", panics(func() {
		queue.Add(func() (netpoll.Writer, bool) { return nil, true })
	}))
}
