package engine

import "syscall"

// giveWay lets another thread that waits for this processor run. Spinning in its
// way would be waiting for oneself.
func giveWay() {
	// It cannot fail.
	_, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0)
}
