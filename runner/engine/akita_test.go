package engine_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/mem/idealmemcontroller"
	"github.com/sarchlab/akita/v4/mem/mem"
	"github.com/sarchlab/akita/v4/sim"
	"github.com/sarchlab/akita/v4/sim/directconnection"
)

// reader is a ticking component that sends reads as fast as its port takes them
// and notes when the answers come.
type reader struct {
	*sim.TickingComponent
	port sim.Port
	dst  sim.RemotePort
	left int
	sent map[string]int // request ID to request number
	at   []sim.VTimeInSec
}

func newReader(e sim.Engine, freq sim.Freq, name string, requests int) *reader {
	r := &reader{left: requests, sent: map[string]int{}, at: make([]sim.VTimeInSec, requests)}
	r.TickingComponent = sim.NewTickingComponent(name, e, freq, r)
	r.port = sim.NewPort(r, 2, 2, name+".Mem")
	r.AddPort("Mem", r.port)
	return r
}

// Tick implements sim.Ticker.
func (r *reader) Tick() bool {
	progress := false
	if msg := r.port.RetrieveIncoming(); msg != nil {
		r.at[r.sent[msg.(*mem.DataReadyRsp).RespondTo]] = r.CurrentTime()
		progress = true
	}
	if r.left > 0 && r.port.CanSend() {
		req := mem.ReadReqBuilder{}.
			WithSrc(r.port.AsRemote()).WithDst(r.dst).
			WithAddress(uint64(64 * r.left)).WithByteSize(64).Build()
		r.port.Send(req)
		r.left--
		r.sent[req.ID] = len(r.at) - r.left - 1
		progress = true
	}
	return progress
}

// readTimes runs a reader against Akita's ideal memory controller.
func readTimes(t *testing.T, e sim.Engine, readerFreq, memFreq sim.Freq, latency int) []sim.VTimeInSec {
	memory := idealmemcontroller.MakeBuilder().WithEngine(e).WithFreq(memFreq).
		WithLatency(latency).WithNewStorage(1 << 20).WithTopBufSize(3).Build("Memory")
	r := newReader(e, readerFreq, "Reader", 40)
	conn := directconnection.MakeBuilder().WithEngine(e).WithFreq(memFreq).Build("Wire")
	conn.PlugIn(r.port)
	conn.PlugIn(memory.GetPortByName("Top"))
	r.dst = memory.GetPortByName("Top").AsRemote()
	r.TickLater()
	if err := e.Run(); err != nil {
		t.Fatal(err)
	}
	for i, at := range r.at {
		if at == 0 {
			t.Fatalf("read %d was not answered", i)
		}
	}
	return r.at
}

func TestStockComponentsKeepTheirTiming(t *testing.T) {
	for _, tc := range []struct {
		reader, mem sim.Freq
		latency     int
	}{
		{sim.GHz, sim.GHz, 1},
		{sim.GHz, sim.GHz, 100},
		{sim.GHz, sim.GHz, 5000}, // beyond the wheel
		{sim.GHz, 500 * sim.MHz, 20},
		{1.6 * sim.GHz, sim.GHz, 20},
		{2 * sim.GHz, 400 * sim.MHz, 20},
	} {
		t.Run(fmt.Sprintf("%g/%g/%d", tc.reader, tc.mem, tc.latency), func(t *testing.T) {
			want := readTimes(t, sim.NewSerialEngine(), tc.reader, tc.mem, tc.latency)
			got := readTimes(t, newSerial(t, sim.GHz), tc.reader, tc.mem, tc.latency)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("-akita +mozart:\n%s", d)
			}
		})
	}
}
