package routing

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Parallel calls work with every number from 0 to n-1, a layer for instance,
// several at a time on as many goroutines as there are processors, and returns
// when all are done. The calls come in no particular order: what one does must not
// depend on another.
func Parallel(n int, work func(i int)) {
	var next atomic.Int64
	loop := func() {
		for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
			work(int(i))
		}
	}
	var others sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) - 1 {
		others.Go(loop)
	}
	loop()
	others.Wait()
}
