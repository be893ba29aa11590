// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"hash/fnv"
	"strings"
)

// What was handed out, what it showed, and whether the original promises that
// it still does.
type view struct {
	bytes  []byte
	showed string
	peeked bool
	ended  string // the call that may have ended it
}

type views []view

func (vs *views) add(bytes []byte, peeked bool) string {
	showed := show(bytes)
	*vs = append(*vs, view{bytes: bytes, showed: showed, peeked: peeked})
	return showed
}

func (vs *views) keep(bytes []byte, err error, peeked bool) string {
	if err != nil {
		return class(err)
	}
	return vs.add(bytes, peeked)
}

func (vs views) endPeeked() {
	for i := range vs {
		if vs[i].peeked && vs[i].ended == "" {
			vs[i].ended = "peek"
		}
	}
}

func (vs views) endAll() {
	for i := range vs {
		if vs[i].ended == "" {
			vs[i].ended = "slice"
		}
	}
}

// ok, bad, or stale when all that show something else had been ended.
func (vs views) check() string {
	verdict := "ok"
	for _, v := range vs {
		if show(v.bytes) == v.showed {
			continue
		}
		if v.ended == "" {
			return "bad"
		}
		verdict = "stale-" + v.ended
	}
	return verdict
}

func data(bytes []byte, err error) string {
	if err != nil {
		return class(err)
	}
	return show(bytes)
}

// Length and content in one short word.
func show(bytes []byte) string {
	if len(bytes) <= 12 {
		return fmt.Sprintf("%d:%x", len(bytes), bytes)
	}
	hash := fnv.New64a()
	hash.Write(bytes)
	return fmt.Sprintf("%d:%016x", len(bytes), hash.Sum64())
}

// ok, short or invalid, read from the original's own words.
func class(err error) string {
	if err == nil {
		return "ok"
	}
	for _, word := range []string{"not enough", "cannot find delim", "is empty"} {
		if strings.Contains(err.Error(), word) {
			return "short"
		}
	}
	if strings.Contains(err.Error(), "invalid") {
		return "invalid"
	}
	return err.Error()
}
