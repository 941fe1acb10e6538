package chiplet_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"mozart/components/chiplet"
	"mozart/components/sram"
	"mozart/components/tile"
	"mozart/configs/units"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
	"mozart/workloads/op"
)

// access is the time from an access handed to the SRAM to its answer: a wire
// each way, the transfer, the latency.
func access(bytes int64) int64 {
	return 1 + sram.TransferCycles(bytes, sramBits) + sramWait + 1
}

// hop is the time of a packet from one port to the next: a register, the wire.
func hop(bytes int) int64 { return 1 + topology.SerialCycles(bytes, bits) + latency }

const (
	control    = 16 // bytes of a request, an acknowledgement, a signal
	firstWord  = 20 // flatStack
	stackBytes = 32 // per cycle
)

func TestLoadTiming(t *testing.T) {
	for name, bytes := range map[string]int64{"less than a chunk": 1000, "one chunk": chunk, "three chunks and a rest": 3*chunk + 100} {
		t.Run(name, func(t *testing.T) {
			p := solo(1, func(b *op.Builder) {
				b.Add(op.Op{Kind: op.Load, Bytes: bytes, Allocate: bytes, Release: bytes}, "weights")
			})
			b := newBench(t, p, 1, defaults())
			b.run(t)
			first := min(bytes, chunk)
			arrived := hop(control) + firstWord + ceil(first, stackBytes) + hop(int(first))
			// The link is the bottleneck: later chunks follow back to back.
			for left := bytes - first; left > 0; left -= chunk {
				arrived += topology.SerialCycles(int(min(left, chunk)), bits)
			}
			b.checkTimes(t, []int64{0}, []int64{arrived + access(bytes)})
			if got := b.metric(t, "Stack", "read_bytes.weight"); got != bytes {
				t.Errorf("the stack has read %d bytes, want %d", got, bytes)
			}
			if got := b.metric(t, "Chiplet.SRAM", "written_bytes"); got != bytes {
				t.Errorf("the SRAM was written %d bytes, want %d", got, bytes)
			}
			if got := b.metric(t, "Chiplet.SRAM", "peak_bytes"); got != bytes {
				t.Errorf("the SRAM held %d bytes, want %d", got, bytes)
			}
		})
	}
}

func ceil(a, b int64) int64 { return (a + b - 1) / b }

func TestStoreTiming(t *testing.T) {
	for name, bytes := range map[string]int64{"less than a chunk": 1000, "two chunks and a rest": 2*chunk + 100} {
		t.Run(name, func(t *testing.T) {
			p := solo(1, func(b *op.Builder) {
				b.Add(op.Op{Kind: op.Store, Class: op.Activations, Bytes: bytes}, "save")
			})
			b := newBench(t, p, 1, defaults())
			b.run(t)
			arrived, written := 1+int64(latency), int64(0)
			for left := bytes; left > 0; left -= chunk {
				arrived += topology.SerialCycles(int(min(left, chunk)), bits)
				written = max(arrived, written) + ceil(min(left, chunk), stackBytes)
			}
			b.checkTimes(t, []int64{0}, []int64{written + hop(control)})
			if got := b.metric(t, "Chiplet.SRAM", "read_bytes"); got != bytes {
				t.Errorf("the SRAM was read %d bytes, want %d", got, bytes)
			}
		})
	}
}

// A matrix op takes what the tile array says, and the wires there and back.
func TestComputeTiming(t *testing.T) {
	spec := defaults()
	timing, err := tile.NewTiming(spec.chiplet.Tile, units.GHz)
	if err != nil {
		t.Fatal(err)
	}
	p := solo(0, func(b *op.Builder) {
		first := b.Add(op.Op{Kind: op.Gemm, M: 64, K: 32, N: 48, Count: 2}, "scores")
		b.Add(op.Op{Kind: op.Vector, M: 1000, K: 3, Bytes: 4000}, "softmax", first)
	})
	b := newBench(t, p, 0, spec)
	b.run(t)
	start, end := b.chiplet.OpTimes()
	stalls := b.chiplet.OpStalls()
	for i, e := range []tile.Estimate{timing.Gemm(64, 32, 48, 2), timing.Vector(1000, 3, 4000)} {
		if got, want := end[i]-start[i], 1+e.Cycles+stalls[i]+1; got != want || stalls[i] < 0 {
			t.Errorf("op %d takes %d cycles, want %d with %d of stall", i, got, want, stalls[i])
		}
	}
	if start[1] != end[0] {
		t.Errorf("op 1 starts at %d, op 0 ends at %d", start[1], end[0])
	}
}

// Independent matrix and vector ops go to the tile array one at a time, in program
// order.
func TestComputeInProgramOrder(t *testing.T) {
	p := solo(0, func(b *op.Builder) {
		for range 20 {
			b.Add(op.Op{Kind: op.Vector, M: 100, K: 1, Bytes: 400}, "norm")
		}
	})
	b := newBench(t, p, 0, defaults())
	b.run(t)
	start, end := b.chiplet.OpTimes()
	for i := 1; i < len(start); i++ {
		if start[i] != end[i-1] {
			t.Errorf("op %d starts at %d, the one before ends at %d", i, start[i], end[i-1])
		}
	}
}

// Loads and stores spread over all stacks; the shares add up.
func TestLoadsInterleaveOverStacks(t *testing.T) {
	for bytes := int64(1); bytes < 10; bytes++ {
		sum := int64(0)
		for n := range 4 {
			s := chiplet.Share(bytes, n, 4)
			if s < bytes/4 || s > bytes/4+1 {
				t.Errorf("share %d of %d bytes is %d", n, bytes, s)
			}
			sum += s
		}
		if sum != bytes {
			t.Errorf("shares of %d bytes add up to %d", bytes, sum)
		}
	}
}

// randomOps is a program of loads, stores, matrix and vector ops with random
// dependencies; SRAM is taken by loads and given back by their last user.
func randomOps(t *rapid.T, b *op.Builder) {
	for i := range rapid.IntRange(1, 60).Draw(t, "ops") {
		var o op.Op
		o.Class = op.DataClass(rapid.IntRange(0, 1).Draw(t, "class"))
		o.Priority = int32(rapid.IntRange(0, 3).Draw(t, "priority"))
		switch rapid.IntRange(0, 4).Draw(t, "kind") {
		case 0:
			o.Kind, o.Bytes = op.Load, rapid.Int64Range(1, 5000).Draw(t, "bytes")
		case 1:
			o.Kind, o.Bytes = op.Store, rapid.Int64Range(1, 5000).Draw(t, "bytes")
		case 2:
			o.Kind, o.M, o.K, o.N, o.Count = op.Gemm, 8, 8, 8, 1
		case 3:
			o.Kind, o.M, o.K, o.Bytes = op.Vector, 64, 1, 128
		default:
			o.Kind = op.Await
		}
		o.Allocate, o.Release = o.Bytes, o.Bytes
		var deps []int32
		if i > 0 {
			deps = rapid.SliceOfNDistinct(rapid.Int32Range(0, int32(i-1)), 0, min(i, 3), rapid.ID[int32]).Draw(t, "deps")
		}
		b.Add(o, "op", deps...)
	}
}

// Whatever the program and the sizes of queues: every op is done once, after what
// it waits for; all bytes arrive; the SRAM is empty at the end.
func TestEveryProgramIsDone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := solo(1, func(b *op.Builder) { randomOps(t, b) })
		spec := defaults()
		spec.chiplet.InjectionQueue = rapid.IntRange(1, 4).Draw(t, "injection queue")
		spec.chiplet.OutstandingReads = rapid.IntRange(1, 3).Draw(t, "outstanding reads")
		b := newBench(t, p, 1, spec)
		b.run(t)
		dev := &p.Devices[1]
		start, end := b.chiplet.OpTimes()
		loaded, stored := int64(0), int64(0)
		for i := range dev.Ops {
			for _, d := range dev.Deps(i) {
				if start[i] < end[d] {
					t.Errorf("op %d starts at %d, op %d ends at %d", i, start[i], d, end[d])
				}
			}
			switch o := &dev.Ops[i]; o.Kind {
			case op.Load:
				loaded += o.Bytes
			case op.Store:
				stored += o.Bytes
			}
		}
		read := b.metric(t, "Stack", "read_bytes.weight") + b.metric(t, "Stack", "read_bytes.activation")
		written := b.metric(t, "Stack", "written_bytes.weight") + b.metric(t, "Stack", "written_bytes.activation")
		if read != loaded || written != stored {
			t.Errorf("the stack read %d bytes and wrote %d, the program loads %d and stores %d", read, written, loaded, stored)
		}
		if n := b.metric(t, "Stack", "queue_max"); n > int64(spec.chiplet.OutstandingReads) {
			t.Errorf("%d reads waited at the stack, at most %d may be outstanding", n, spec.chiplet.OutstandingReads)
		}
		if n := b.metric(t, "Chiplet.SRAM", "occupied_bytes"); n != 0 {
			t.Errorf("the SRAM still holds %d bytes", n)
		}
		if done, total := b.chiplet.Done(); done != total || total != len(dev.Ops) {
			t.Errorf("%d of %d ops done", done, total)
		}
	})
}

// The order in which an engine handles the events of a cycle changes nothing.
func TestOrderWithinACycleDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := solo(1, func(b *op.Builder) { randomOps(t, b) })
		spec := defaults()
		spec.chiplet.InjectionQueue = rapid.IntRange(1, 2).Draw(t, "injection queue")
		spec.chiplet.OutstandingReads = rapid.IntRange(1, 3).Draw(t, "outstanding reads")
		want := newBench(t, p, 1, spec)
		want.run(t)
		for seed := range uint64(4) {
			spec.engine = wiretest.NewShuffledEngine(seed)
			got := newBench(t, p, 1, spec)
			got.run(t)
			wantStart, wantEnd := want.chiplet.OpTimes()
			start, end := got.chiplet.OpTimes()
			if !slices.Equal(start, wantStart) || !slices.Equal(end, wantEnd) {
				t.Errorf("ops run from %v to %v, in another order from %v to %v", wantStart, wantEnd, start, end)
			}
		}
	})
}

// Many stores at once wait for each other in the writer, class by class, and do
// not hold up requests.
func TestManyStores(t *testing.T) {
	p := solo(1, func(b *op.Builder) {
		for i := range 200 {
			b.Add(op.Op{Kind: op.Store, Class: op.DataClass(i % 2), Bytes: 3000}, "save")
		}
		b.Add(op.Op{Kind: op.Load, Bytes: 1000}, "weights")
	})
	spec := defaults()
	spec.chiplet.InjectionQueue = 1
	b := newBench(t, p, 1, spec)
	b.run(t)
	_, end := b.chiplet.OpTimes()
	for i := 2; i < 200; i++ {
		if end[i] <= end[i-2] {
			t.Errorf("store %d ends at %d, the one before of its class at %d", i, end[i], end[i-2])
		}
	}
	// The load shares only the SRAM with the stores, which read theirs first.
	if want := sram.TransferCycles(200*3000+1000, sramBits) + 300; end[200] > want {
		t.Errorf("the load ends at %d, want at most %d", end[200], want)
	}
	if b.metric(t, "Stack", "written_bytes.weight") != 300_000 || b.metric(t, "Stack", "written_bytes.activation") != 300_000 {
		t.Error("bytes were lost")
	}
}

// Signals reach their op once each; an Await takes them whether they come before
// or after the program reaches it.
func TestSignals(t *testing.T) {
	p := solo(0, func(b *op.Builder) {
		load := b.Add(op.Op{Kind: op.Load, Bytes: 4000}, "weights")
		late := b.Add(op.Op{Kind: op.Await, Signals: 2}, "late", load)
		b.Add(op.Op{Kind: op.Await, Signals: 1}, "early")
		tell := b.Add(op.Op{Kind: op.Signal}, "tell", late)
		b.SetPeers(tell, []op.Peer{{Device: 1, Op: 7}, {Device: 1, Op: 9}})
	})
	b := newBench(t, p, 0, defaults())
	b.world.Queue(10, b.signal(1))
	b.world.Queue(50, b.signal(2))
	b.world.Queue(3000, b.signal(1))
	b.run(t)
	start, end := b.chiplet.OpTimes()
	if want := 50 + hop(control); start[2] != 0 || end[2] != want {
		t.Errorf("the early wait lasts from %d to %d, want 0 to %d", start[2], end[2], want)
	}
	if want := 3000 + hop(control); start[1] != end[0] || end[1] != want || end[3] != want {
		t.Errorf("the late wait lasts from %d to %d, want %d to %d", start[1], end[1], end[0], want)
	}
	if len(b.world.Arrivals) != 2 || b.world.Arrivals[0].Packet.Op != 7 || b.world.Arrivals[1].Packet.Op != 9 || b.world.Arrivals[1].Packet.Dest != leafNode {
		t.Errorf("signals sent: %+v", b.world.Arrivals)
	}
}

func (b *bench) signal(i int32) *wire.Packet {
	pk := b.Pool.Get()
	pk.Kind, pk.Class, pk.Bytes = wire.KindSignal, wire.ClassControl, control
	pk.Op = i
	return pk
}
