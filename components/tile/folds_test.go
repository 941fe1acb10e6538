package tile_test

import (
	"testing"

	"pgregory.net/rapid"

	"mozart/components/tile"
	"mozart/configs/units"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
)

// timed runs one op at a fidelity and returns its answer and the bench.
func timed(tb wiretest.TB, spec tile.Spec, fidelity tile.Fidelity, rate int64, cmd wire.Compute) (*wire.Compute, *bench) {
	spec.Fidelity = fidelity
	b := newBench(tb, spec, deep, rate)
	b.seq.Queue(10, &cmd)
	b.Run(tb)
	b.CheckQuiet(tb)
	return b.seq.Arrivals[0].Message.(*wire.Compute), b
}

// GEMMs of the models on the default chiplet, at both fidelities, with an SRAM that keeps
// up, with the default one, and with one that other traffic takes two thirds of.
func TestFidelitiesSideBySide(t *testing.T) {
	for _, memory := range []struct {
		name  string
		reuse float64
		port  int64 // of a tile, in bytes per cycle
		rate  int64 // of the SRAM, likewise
	}{{"keeps up", 64, 1000, 1 << 20}, {"default, reuse 1", 1, 32, 3200}, {"default, reuse 32", 32, 32, 3200}, {"a third of it", 32, 32, 1000}} {
		for _, g := range []struct {
			name       string
			m, k, n, c int64
		}{
			{"OLMoE expert gate, 128 tokens", 128, 2048, 1024, 1}, {"OLMoE projection", 256, 2048, 2048, 1},
			{"scores of 16 heads", 257, 128, 128, 16}, {"Qwen3 LM head slice", 2048, 2048, 8192, 1},
		} {
			s := tile.DefaultSpec()
			s.OperandReuse, s.SRAMBandwidth = memory.reuse, units.Bandwidth(memory.port)*units.GBPerSecond
			cmd := wire.Compute{Unit: wire.UnitMatrix, M: g.m, K: g.k, N: g.n, Count: g.c}
			closed, _ := timed(t, s, tile.ClosedForm, memory.rate, cmd)
			folds, b := timed(t, s, tile.FoldByFold, memory.rate, cmd)
			x, y, st := closed.ComputeCycles+closed.StallCycles, folds.ComputeCycles+folds.StallCycles, b.array.Stats()
			t.Logf("%-18s %-30s arrays %7d, closed form %8d, fold by fold %8d (%+.2f%%), stalls %8d: fill %d, port %d, sram %d",
				memory.name, g.name, closed.ComputeCycles, x, y, 100*(float64(y)/float64(x)-1), folds.StallCycles, st.FillCycles, st.PortCycles, st.SRAMCycles)
			// A third of its bandwidth stalls an SRAM-bound product for three times as long;
			// where the port is the limit, nothing waits for the SRAM.
			if bound := float64(b.memory.reads+b.memory.writes) / float64(memory.rate); memory.name == "a third of it" &&
				float64(st.SRAMCycles) < bound-float64(folds.ComputeCycles+st.FillCycles+st.PortCycles) {
				t.Errorf("%s: %d cycles waited for the SRAM, which takes %.0f to move all", g.name, st.SRAMCycles, bound)
			}
			if memory.name == "default, reuse 1" && st.SRAMCycles > y/20 {
				t.Errorf("%s: %d of %d cycles waited for an SRAM that is as fast as all ports", g.name, st.SRAMCycles, y)
			}
			if memory.name == "keeps up" && (float64(y) > 1.05*float64(x) || float64(y) < 0.95*float64(x)) {
				t.Errorf("%s: %d cycles, %d in closed form, and nothing stalls", g.name, y, x)
			}
		}
	}
}

// Without stalls beyond the first operands both fidelities take the same time, within 5%;
// with them, fold by fold takes longer by the stalls that it counts.
func TestFidelitiesAgreeUnlessOpsStall(t *testing.T) {
	compare := func(t *rapid.T, spec tile.Spec, rate int64, cmd wire.Compute) (closed, folds *wire.Compute) {
		closed, _ = timed(t, spec, tile.ClosedForm, rate, cmd)
		folds, b := timed(t, spec, tile.FoldByFold, rate, cmd)
		if folds.ComputeCycles != closed.ComputeCycles {
			t.Fatalf("arrays are busy for %d cycles, in closed form for %d", folds.ComputeCycles, closed.ComputeCycles)
		}
		tm := b.array.Timing()
		e := tm.Gemm(cmd.M, cmd.K, cmd.N, cmd.Count)
		took, ports := folds.ComputeCycles+folds.StallCycles, float64(spec.Tiles)*spec.SRAMBandwidth.BytesPerSecond()/1e9
		if bytes := float64(e.ReadBytes + e.WriteBytes); took < e.Cycles || float64(took+1)*ports < bytes {
			t.Fatalf("took %d cycles, arrays alone take %d; all ports move %v bytes a cycle, and there are %v", took, e.Cycles, ports, bytes)
		}
		if moved := b.memory.reads; moved != e.ReadBytes || b.memory.writes != e.WriteBytes {
			t.Fatalf("moved %d and %d bytes, the estimate is %d and %d", moved, b.memory.writes, e.ReadBytes, e.WriteBytes)
		}
		st := b.array.Stats()
		if st.FillCycles+st.PortCycles+st.SRAMCycles != st.StallCycles || min(st.FillCycles, st.PortCycles, st.SRAMCycles) < 0 {
			t.Fatalf("stalls by cause do not add up: %+v", st)
		}
		return closed, folds
	}
	draw := func(t *rapid.T) (tile.Spec, wire.Compute) {
		s := small()
		s.Mapping = rapid.SampledFrom(tile.Mappings()).Draw(t, "mapping")
		s.Dataflow = rapid.SampledFrom(tile.Dataflows()).Draw(t, "dataflow")
		s.FillDrain = rapid.SampledFrom(tile.FillDrains()).Draw(t, "fill")
		s.OperandReuse = rapid.SampledFrom([]float64{1, 3}).Draw(t, "reuse")
		size := rapid.Int64Range(1, 60)
		cmd := gemm(size.Draw(t, "m"), size.Draw(t, "k")+300, size.Draw(t, "n"))
		cmd.Count = rapid.Int64Range(1, 3).Draw(t, "count")
		return s, *cmd
	}
	rapid.Check(t, func(t *rapid.T) {
		s, cmd := draw(t)
		closed, folds := compare(t, s, 1_000_000, cmd)
		a, b := closed.ComputeCycles+closed.StallCycles, folds.ComputeCycles+folds.StallCycles
		// Round trips to the memory take 7 cycles: one at the start, in both, and as many
		// at the end as there are sums to add and results to write.
		if off := b - a; off < -7 || float64(off) > 0.05*float64(a)+14 {
			t.Fatalf("fast memory: %d cycles, %d in closed form", b, a)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		s, cmd := draw(t)
		s.SRAMPerTile = units.Bytes(rapid.Int64Range(200, 100_000).Draw(t, "sram"))
		s.SRAMBandwidth = units.Bandwidth(rapid.Int64Range(1, 64).Draw(t, "port")) * units.GBPerSecond
		closed, folds := compare(t, s, rapid.Int64Range(1, 200).Draw(t, "rate"), cmd)
		// Closed form rounds the bytes of every job up to whole ones, of which a tile has at
		// most so many. It has the busiest tile move its share of partial sums too, which
		// fold by fold are spread evenly.
		e := newBench(t, s, deep, 1).array.Timing().Gemm(cmd.M, cmd.K, cmd.N, cmd.Count)
		rounding := e.Folds * int64(s.ArraysPerTile) / max(1, int64(s.SRAMBandwidth.BytesPerSecond()/1e9))
		if a, b := closed.StallCycles, folds.StallCycles; e.Mapping != tile.SplitK && b < a-14-rounding {
			t.Fatalf("slow memory: stalls %d cycles, in closed form %d", b, a)
		}
	})
}
