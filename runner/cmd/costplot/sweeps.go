package main

import "fmt"

// sweep is a row of experiments, each twice as large as the one before.
type sweep struct {
	// name says what doubles, unit what Size counts.
	name, unit string
	points     []point
}

// point is one experiment of a sweep.
type point struct {
	size        int
	experiment  string
	assignments []string
}

// sweeps are those of docs/performance.md.
func sweeps() []sweep {
	return []sweep{sequences(), layers(), chiplets()}
}

// sequences goes from 1/8 of OLMoE's step to twice the step, in micro-batches of four
// sequences. The largest one needs more memory than the paper's package has.
func sequences() sweep {
	s := sweep{name: "sequences, OLMoE", unit: "sequences"}
	for n := 4; n <= 64; n *= 2 {
		s.points = append(s.points, point{n, "olmoe-mozart-c", []string{
			set("workload.sequences", n), set("workload.micro_batches", n/4),
			"hardware.attention_chiplet.tile.tiles=150", "allow_overflow=true",
		}})
	}
	return s
}

// layers goes from 1/8 of OLMoE's layers to twice as many. Recorded routing needs
// all sixteen, so this one is synthetic.
func layers() sweep {
	s := sweep{name: "layers, OLMoE", unit: "layers"}
	for n := 2; n <= 32; n *= 2 {
		s.points = append(s.points, point{n, "olmoe-mozart-c", []string{
			"routing.source=synthetic", "routing.synthetic=olmoe", set("model.layers", n), "allow_overflow=true",
		}})
	}
	return s
}

// chiplets is one block of DeepSeek-V3: MLA, top-8 of up to 256 experts of 7168 x
// 2048 and a shared one, without embedding and LM head. A chiplet holds one expert,
// so the number of experts doubles with that of chiplets, and with it that of
// sequences, two per sixteen chiplets. The number of micro-batches stays, since every
// one of them is ops on every chiplet. The attention chiplet gets the tiles that the
// SRAM for the block's attention weights and gradients asks for.
func chiplets() sweep {
	s := sweep{name: "chiplets, DeepSeek-V3 block", unit: "chiplets"}
	for _, tree := range [][2]int{{4, 4}, {8, 4}, {8, 8}, {16, 8}, {16, 16}} {
		n := tree[0] * tree[1]
		s.points = append(s.points, point{n, "deepseek-moe-mozart-c", []string{
			"model=deepseek-v3", "model.layers=1", "model.dense_layers=0", "model.dense_width=0", set("model.experts", n),
			"routing.synthetic=uniform", "schedule.embedding=none", "schedule.lm_head=none",
			set("hardware.topology.groups", tree[0]), set("hardware.topology.chiplets_per_group", tree[1]),
			"hardware.attention_chiplet.tile.tiles=1024",
			set("workload.sequences", n/8), "workload.micro_batches=2",
		}})
	}
	return s
}

func set(key string, n int) string { return fmt.Sprintf("%s=%d", key, n) }
