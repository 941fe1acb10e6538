package bank

import (
	"fmt"
	"strings"
)

// Presets lists the names that Preset knows.
func Presets() []string {
	return []string{"hbm2", "hbm2e", "hbm3", "hbm2-dramsim3", "hbm2-ramulator2"}
}

// Preset is the Spec of a name. The error lists the names there are.
func Preset(name string) (Spec, error) {
	switch name {
	case "hbm2":
		return hbm2(), nil
	case "hbm2e":
		return hbm2e(), nil
	case "hbm3":
		return hbm3(), nil
	case "hbm2-dramsim3":
		return hbm2DRAMsim3(), nil
	case "hbm2-ramulator2":
		return hbm2Ramulator2(), nil
	}
	return Spec{}, fmt.Errorf("no memory preset %q; there are %s", name, strings.Join(Presets(), ", "))
}

// hbm2DRAMsim3 is what DRAMsim3 (commit 2981759) simulates with its configuration
// HBM2_8Gb_x128: 8 channels of 128 bits in legacy mode, 2 Gb/s a pin, 256 GB/s,
// 8 GiB. Numbers are that file's, and where it has none the tool's defaults: tRTP 5
// (the file's tRTP_L is not read) and the turnaround tRTRS 2. A burst takes 2
// cycles, so that its tCCD of 1 and 2 are both 2.
//
// The controller is the tool's: 32 reads and 32 writes a channel, 8 commands at each
// bank, writes in batches of a full queue (or of more than 8, on an idle channel), a
// row kept for at most 4 accesses when another is wanted, banks closed one by one
// before a refresh, one cycle from the last beat to the requester.
func hbm2DRAMsim3() Spec {
	return Spec{
		Name: "hbm2-dramsim3", Channels: 8, PseudoChannels: 1, BankGroups: 4, Banks: 4, Rows: 32768, Columns: 32,
		BurstBytes: 64, TCKPs: 1000,
		Timing: Timing{
			ACTCycles: 1, BL: 2, CL: 14, CWL: 4, RCDRD: 14, RCDWR: 14, RP: 14, RAS: 34, RC: 48, RTP: 5, WR: 16,
			CCDS: 1, CCDL: 2, RRDS: 4, RRDL: 6, FAW: 30, WTRS: 6, WTRL: 8, RTW: 2, RFC: 260, REFI: 3900,
		},
		Mapping: "rorabgbachco", Scheduler: "fr-fcfs-banked", Page: "open", Drain: "batch",
		ReadQueue: 32, WriteQueue: 32, BankQueue: 8, DrainLow: 8, RowHitLimit: 4, ResponseCycles: 1,
	}
}

// hbm2Ramulator2 is what Ramulator 2.1 (commit c5b1c3a) simulates as HBM2 at 2000
// Mb/s a pin with 4 Gb pseudo-channels: 8 channels of two 64-bit pseudo-channels,
// bursts of 32 bytes, 256 GB/s, 8 GiB. Its ACT takes two cycles of the row bus.
//
// The controller is the tool's HBM12 with FRFCFS-RowHit: queues of 64 reads and 64
// writes, writes from above 0.8 of the queue to below 0.2, all banks closed by one
// command before a refresh.
func hbm2Ramulator2() Spec {
	return Spec{
		Name: "hbm2-ramulator2", Channels: 8, PseudoChannels: 2, BankGroups: 4, Banks: 4, Rows: 32768, Columns: 32,
		BurstBytes: 32, TCKPs: 1000,
		Timing: Timing{
			ACTCycles: 2, BL: 2, CL: 14, CWL: 5, RCDRD: 14, RCDWR: 12, RP: 14, RAS: 34, RC: 48, RTP: 5, WR: 16,
			CCDS: 2, CCDL: 4, RRDS: 4, RRDL: 4, FAW: 15, WTRS: 6, WTRL: 8, RTW: 2, RFC: 260, REFI: 3900,
		},
		Mapping: "robaracoch", Scheduler: "fr-fcfs", Page: "open", Drain: "watermark",
		ReadQueue: 64, WriteQueue: 64, BankQueue: 1, DrainHigh: 51, DrainLow: 13, PrechargeAll: true,
	}
}

// JESD235 and JESD238 fix the structure, the burst and what depends on the density;
// they leave most analog times to the vendor, whose data sheets are not public. What
// is used here is named at each preset. All share a controller that is assumed: that
// of Ramulator 2.1, with the mapping of Kaseridis et al., "Minimalist Open-page"
// (MICRO 2011), four bursts of a row in each bank before the next, and one cycle to
// hand the data over.
func withController(s Spec) Spec {
	s.Mapping, s.Scheduler, s.Page, s.Drain = "mop4clxor", "fr-fcfs", "open", "watermark"
	s.ReadQueue, s.WriteQueue, s.BankQueue = 64, 64, 1
	s.DrainHigh, s.DrainLow = 51, 13
	s.PrechargeAll, s.ResponseCycles = true, 1
	return s
}

// hbm2 is a stack of 8 GiB and 256 GB/s, the paper's machine: 8 channels of two
// 64-bit pseudo-channels at 2 Gb/s a pin, 16 banks each, rows of 1 KiB, bursts of
// four beats (JESD235). tRFC 260 ns for 4 Gb pseudo-channels and tREFI 3.9 us are
// JESD235D's; tRRD 4 ns too, as Ramulator 2.1 quotes it, and tFAW 15 ns is what that
// tool calls typical of vendors. The other times are its set HBM2_2000Mbps (tRCDRD 14,
// tRP 14, tRAS 34, tWR 16, tRTP 5, CL 14 ns), which are those that DRAMsim3 uses with
// HBM2_8Gb_x128 too.
func hbm2() Spec {
	s := hbm2Ramulator2()
	s.Name = "hbm2"
	return withController(s)
}

// hbm2e is a stack of 16 GiB and 410 GB/s: HBM2's structure with twice the rows and
// 3.2 Gb/s a pin, the fastest of JESD235D. tRFC is 350 ns (8 Gb pseudo-channels,
// JESD235D). The analog times are those of hbm2 in nanoseconds, rounded up to the
// clock of 1.6 GHz: assumed, for want of a public data sheet.
func hbm2e() Spec {
	return withController(Spec{
		Name: "hbm2e", Channels: 8, PseudoChannels: 2, BankGroups: 4, Banks: 4, Rows: 65536, Columns: 32,
		BurstBytes: 32, TCKPs: 625,
		Timing: Timing{
			ACTCycles: 2, BL: 2, CL: 23, CWL: 8, RCDRD: 23, RCDWR: 20, RP: 23, RAS: 55, RC: 78, RTP: 8, WR: 26,
			CCDS: 2, CCDL: 4, RRDS: 7, RRDL: 7, FAW: 24, WTRS: 10, WTRL: 13, RTW: 2, RFC: 560, REFI: 6240,
		},
	})
}

// hbm3 is a stack of 16 GiB and 819 GB/s: 16 channels of two 32-bit pseudo-channels
// at 6.4 Gb/s a pin, bursts of eight beats, four beats a cycle of the 1.6 GHz command
// clock (JESD238). It is eight dies high with 16 Gb each, so that a bank group has
// four banks in each of two stack IDs; they count as eight banks here, and the extra
// cycle between bursts from different stack IDs (tCCDR 3) is not modelled. tRFC 350
// ns is JESD238's (table 84, 8 Gb channels); the other times are Ramulator 2.1's set
// HBM3_6400Mbps, whose RD to WR of 20 cycles leaves the bus idle for 8.
func hbm3() Spec {
	return withController(Spec{
		Name: "hbm3", Channels: 16, PseudoChannels: 2, BankGroups: 4, Banks: 8, Rows: 16384, Columns: 32,
		BurstBytes: 32, TCKPs: 625,
		Timing: Timing{
			ACTCycles: 2, BL: 2, CL: 20, CWL: 10, RCDRD: 31, RCDWR: 15, RP: 26, RAS: 45, RC: 72, RTP: 9, WR: 33,
			CCDS: 2, CCDL: 4, RRDS: 4, RRDL: 5, FAW: 24, WTRS: 7, WTRL: 10, RTW: 8, RFC: 560, REFI: 6240,
		},
	})
}
