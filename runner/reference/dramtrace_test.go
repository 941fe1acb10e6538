package reference_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/components/hbm/bank"
)

// dramTrace is the command log of one channel, with the load that it was made under:
// a closed loop from cycle 1 on, 256 requests outstanding, at most 16 issued a cycle.
type dramTrace struct {
	file, preset, mapping string
	requests              int64
	channel               int32
	request               func(i int64) (addr uint64, write bool)
}

// splitMix is a random number for each i.
func splitMix(i int64) uint64 {
	x := uint64(i) + 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// writes says whether request i writes, if a share of them reads.
func writes(i int64, reads float64) bool { return float64(splitMix(i)>>48)/65536 >= reads }

const (
	dramCapacity = 8 << 30
	dramWindow   = 256
	dramIssue    = 16
)

func dramTraces() []dramTrace {
	return []dramTrace{
		{"dramsim3-random-mixed", "hbm2-dramsim3", "rorabgbachco", 4500, 3, func(i int64) (uint64, bool) {
			return splitMix(i) % (dramCapacity / 64) * 64, writes(i, 0.5)
		}},
		{"dramsim3-rows-mixed", "hbm2-dramsim3", "rorabacobgch", 12_000, 5, func(i int64) (uint64, bool) {
			return uint64(i*9973%(1<<14)) * 64, writes(i, 0.6) // few rows, no burst twice
		}},
		{"dramsim3-sequential-mixed", "hbm2-dramsim3", "rorabacobgch", 15_500, 0, func(i int64) (uint64, bool) {
			return uint64(i) * 64, writes(i, 0.67)
		}},
		{"dramsim3-strided", "hbm2-dramsim3", "rorabgbachco", 1200, 4, func(i int64) (uint64, bool) {
			return uint64(i) * 8192, false
		}},
		{"ramulator2-random-mixed", "hbm2-ramulator2", "RoBaRaCoCh", 5500, 3, func(i int64) (uint64, bool) {
			return splitMix(i) % (dramCapacity / 64) * 64, writes(i, 0.5)
		}},
		{"ramulator2-rows-mixed", "hbm2-ramulator2", "MOP4CLXOR", 10_500, 5, func(i int64) (uint64, bool) {
			return uint64(i*9973%(1<<14)) * 64, writes(i, 0.6)
		}},
		{"ramulator2-sequential-mixed", "hbm2-ramulator2", "MOP4CLXOR", 13_500, 0, func(i int64) (uint64, bool) {
			return uint64(i) * 64, writes(i, 0.67)
		}},
		{"ramulator2-strided", "hbm2-ramulator2", "RoBaRaCoCh", 1300, 0, func(i int64) (uint64, bool) {
			return uint64(i) * 8192, false
		}},
	}
}

// Under the same requests a channel's command log is the same, command for command.
func TestDRAMTraces(t *testing.T) {
	for _, tr := range dramTraces() {
		t.Run(tr.file, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(dram, "traces", tr.file+".csv"))
			if err != nil {
				t.Fatal(err)
			}
			want := strings.Split(strings.TrimSpace(string(text)), "\n")[1:]
			got := tr.play(t)
			if len(want) < 1000 {
				t.Fatalf("%s has %d commands", tr.file, len(want))
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("commands (-theirs +ours):\n%s", d)
			}
		})
	}
}

// play runs the load on our stack and writes the channel's log as the file has it.
func (tr dramTrace) play(t *testing.T) []string {
	t.Helper()
	spec, err := bank.Preset(tr.preset)
	if err != nil {
		t.Fatal(err)
	}
	spec.Mapping = tr.mapping
	st, err := bank.New(spec)
	if err != nil {
		t.Fatal(err)
	}
	var log []string
	st.OnCommand(func(c bank.Command) {
		if c.Channel == tr.channel {
			log = append(log, dramLine(c, spec.PseudoChannels > 1))
		}
	})
	tr.drive(st)
	return log
}

// drive issues the load, each request burst by burst, until all is over.
func (tr dramTrace) drive(st *bank.Stack) {
	bursts := int64(64 / st.Spec().BurstBytes)
	answers := make([]int64, tr.requests) // of each request
	sent, outstanding, done := int64(0), 0, int64(0)
	for now := int64(1); done < tr.requests; now++ {
		st.Advance(now, func(c bank.Completion) {
			if answers[c.ID]++; answers[c.ID] == bursts {
				outstanding--
				done++
			}
		})
		for range dramIssue {
			i, part := sent/bursts, sent%bursts
			if i == tr.requests || part == 0 && outstanding == dramWindow {
				break
			}
			addr, write := tr.request(i)
			if !st.Submit(now, bank.Request{Addr: addr + uint64(part)*64/uint64(bursts), Write: write, ID: uint64(i)}) {
				break
			}
			if sent++; part < bursts-1 {
				continue
			}
			if write {
				done++
			} else {
				outstanding++
			}
		}
	}
}

// dramLine writes a command as the files have it: with its pseudo-channel if there
// are any.
func dramLine(c bank.Command, pseudo bool) string {
	line := fmt.Sprintf("%d,%v", c.Cycle, c.Kind)
	if pseudo {
		line += fmt.Sprintf(",%d", c.PseudoChannel)
	}
	switch {
	case c.Kind == bank.REF || c.Kind == bank.PREA:
		return line + ",,,,"
	case c.Kind == bank.PRE:
		return line + fmt.Sprintf(",%d,%d,,", c.BankGroup, c.Bank)
	case c.Kind == bank.ACT:
		return line + fmt.Sprintf(",%d,%d,%d,", c.BankGroup, c.Bank, c.Row)
	}
	return line + fmt.Sprintf(",%d,%d,%d,%d", c.BankGroup, c.Bank, c.Row, c.Column)
}

// The preset hbm2-dramsim3 has the numbers of the tool's configuration.
func TestDRAMsim3Preset(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(dram, "configs/HBM2_8Gb_x128.ini"))
	if err != nil {
		t.Fatal(err)
	}
	ini := map[string]int{}
	for line := range strings.Lines(string(text)) {
		key, value, ok := strings.Cut(line, "=")
		if n, err := strconv.Atoi(strings.TrimSpace(value)); ok && err == nil {
			ini[strings.TrimSpace(key)] = n
		}
	}
	s, err := bank.Preset("hbm2-dramsim3")
	if err != nil {
		t.Fatal(err)
	}
	x := s.Timing
	for key, ours := range map[string]int{
		"channels": s.Channels, "bankgroups": s.BankGroups, "banks_per_group": s.Banks, "rows": s.Rows,
		"trans_queue_size": s.ReadQueue, "cmd_queue_size": s.BankQueue,
		"tCK": int(s.TCKPs / 1000), "CL": x.CL, "CWL": x.CWL, "tRCDRD": x.RCDRD, "tRCDWR": x.RCDWR, "tRP": x.RP, "tRAS": x.RAS,
		"tRFC": x.RFC, "tREFI": x.REFI, "tRRD_S": x.RRDS, "tRRD_L": x.RRDL, "tWTR_S": x.WTRS, "tWTR_L": x.WTRL, "tFAW": x.FAW,
		"tWR": x.WR, "tCCD_S": x.CCDS, "tCCD_L": x.CCDL,
		"BL": 2 * x.BL, "columns": 2 * s.Columns, // two beats a cycle; columns of 256 bits, of which a burst is two
	} {
		if theirs, ok := ini[key]; !ok || theirs != ours {
			t.Errorf("%s is %d there (%v), %d here", key, theirs, ok, ours)
		}
	}
}

// The preset hbm2-ramulator2 has the numbers of the tool's configuration.
func TestRamulator2Preset(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(dram, "configs/hbm2.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := bank.Preset("hbm2-ramulator2")
	if err != nil {
		t.Fatal(err)
	}
	x := s.Timing
	// rate, BL, CL, RCDRD, RCDWR, RP, RAS, RC, WR, RTPL, CWL, CCDS, CCDL, RRDS, RRDL,
	// WTRS, WTRL, FAW, RFC, RFCpb, RREFD, REFI, REFIpb, tCK
	timing := fmt.Sprintf("timing: [2000, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, 160, 8, %d, 122, %d]",
		x.BL, x.CL, x.RCDRD, x.RCDWR, x.RP, x.RAS, x.RC, x.WR, x.RTP, x.CWL, x.CCDS, x.CCDL, x.RRDS, x.RRDL, x.WTRS, x.WTRL, x.FAW, x.RFC, x.REFI, s.TCKPs)
	count := fmt.Sprintf("count: [1, %d, %d, %d, %d, %d]", s.PseudoChannels, s.BankGroups, s.Banks, s.Rows, 4*s.Columns) // columns of 64 bits, of which a burst is four
	queues := fmt.Sprintf("read_buffer_size: %d\n      write_buffer_size: %d", s.ReadQueue, s.WriteQueue)
	for _, part := range []string{timing, count, queues} {
		if n := strings.Count(string(text), part); n != s.Channels {
			t.Errorf("%q is there %d times, for %d channels", part, n, s.Channels)
		}
	}
	if high, low := 0.8*float64(s.WriteQueue), 0.2*float64(s.WriteQueue); float64(s.DrainHigh) >= high || float64(s.DrainHigh+1) <= high ||
		float64(s.DrainLow-1) >= low || float64(s.DrainLow) < low {
		t.Errorf("marks %d and %d, there above %v and below %v", s.DrainHigh, s.DrainLow, high, low)
	}
}
