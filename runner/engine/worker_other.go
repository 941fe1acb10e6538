//go:build !linux

package engine

import "runtime"

// giveWay lets another goroutine run; there is no way to let another thread do so.
func giveWay() { runtime.Gosched() }
