package bank

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
)

// Spec is everything that can be chosen about a stack and its controllers. It is
// plain data and never changes after New. Times are cycles of the memory clock.
type Spec struct {
	Name           string `yaml:"name" doc:"what reports call the part"`
	Channels       int    `yaml:"channels" min:"1" doc:"independent channels, each with its controller; a power of two"`
	PseudoChannels int    `yaml:"pseudo_channels" min:"1" doc:"halves of a channel with their own banks and data bus, sharing its command buses; a power of two"`
	BankGroups     int    `yaml:"bank_groups" min:"1" doc:"bank groups of a pseudo-channel; a power of two"`
	Banks          int    `yaml:"banks" min:"1" doc:"banks of a group; a power of two"`
	Rows           int    `yaml:"rows" min:"1" doc:"rows of a bank; a power of two"`
	Columns        int    `yaml:"columns" min:"1" doc:"bursts in a row; a power of two"`
	BurstBytes     int    `yaml:"burst_bytes" min:"1" doc:"bytes one column command moves, which is what one Request asks for; a power of two"`
	TCKPs          int64  `yaml:"tck_ps" min:"1" doc:"period of the memory clock in picoseconds"`
	Timing         Timing `yaml:"timing" doc:"timing parameters"`

	Mapping   string `yaml:"mapping" doc:"which address bits choose what, most significant first, as rorabgbachco; see ParseMapping"`
	Scheduler string `yaml:"scheduler" doc:"fr-fcfs, fcfs or fr-fcfs-banked"`
	Page      string `yaml:"page" doc:"open: a row stays open until another is wanted; closed: it is closed after its last waiting access"`
	Drain     string `yaml:"drain" doc:"when a controller turns to writes: watermark or batch"`

	ReadQueue      int  `yaml:"read_queue" min:"1" doc:"reads a controller holds"`
	WriteQueue     int  `yaml:"write_queue" min:"1" doc:"writes a controller holds"`
	BankQueue      int  `yaml:"bank_queue" min:"1" doc:"commands waiting at each bank, with fr-fcfs-banked"`
	DrainHigh      int  `yaml:"drain_high" doc:"watermark: writes begin when more than this many wait"`
	DrainLow       int  `yaml:"drain_low" doc:"watermark: writes end when fewer than this many wait; batch: writes may begin on an otherwise idle channel when more than this many wait"`
	RowHitLimit    int  `yaml:"row_hit_limit" doc:"fr-fcfs-banked: accesses to an open row after which the oldest request may close it; 0 is no limit"`
	PrechargeAll   bool `yaml:"precharge_all" doc:"before a refresh: one command closes all banks, instead of one command for each open bank"`
	ResponseCycles int  `yaml:"response_cycles" doc:"from the last beat of a read to the requester"`
}

// Timing holds the parameters of JESD235 (HBM2) and JESD238 (HBM3), in cycles of
// the memory clock. A parameter that starts at an activation counts from the last
// cycle of that command. Zero switches a constraint off.
type Timing struct {
	ACTCycles int `yaml:"act_cycles" min:"1" doc:"cycles an ACT holds the row command bus"`
	BL        int `yaml:"bl" min:"1" doc:"cycles a burst holds the data bus"`
	CL        int `yaml:"cl" doc:"RD to its first beat"`
	CWL       int `yaml:"cwl" doc:"WR to its first beat"`
	RCDRD     int `yaml:"rcd_rd" doc:"ACT to RD, same bank"`
	RCDWR     int `yaml:"rcd_wr" doc:"ACT to WR, same bank"`
	RP        int `yaml:"rp" doc:"PRE to ACT, same bank"`
	RAS       int `yaml:"ras" doc:"ACT to PRE, same bank"`
	RC        int `yaml:"rc" doc:"ACT to ACT, same bank"`
	RTP       int `yaml:"rtp" doc:"RD to PRE, same bank"`
	WR        int `yaml:"wr" doc:"last beat of a write to PRE, same bank"`
	CCDS      int `yaml:"ccd_s" doc:"RD to RD or WR to WR, other bank group"`
	CCDL      int `yaml:"ccd_l" doc:"RD to RD or WR to WR, same bank group"`
	RRDS      int `yaml:"rrd_s" doc:"ACT to ACT, other bank group"`
	RRDL      int `yaml:"rrd_l" doc:"ACT to ACT, other bank of the group"`
	FAW       int `yaml:"faw" doc:"window that may hold four ACTs"`
	WTRS      int `yaml:"wtr_s" doc:"last beat of a write to RD, other bank group"`
	WTRL      int `yaml:"wtr_l" doc:"last beat of a write to RD, same bank group"`
	RTW       int `yaml:"rtw" doc:"idle cycles of the data bus between a read and a write"`
	RFC       int `yaml:"rfc" doc:"REF of all banks to ACT"`
	REFI      int `yaml:"refi" doc:"mean interval of REF; 0 is no refresh"`
	RFCB      int `yaml:"rfc_b" doc:"REF of one bank to ACT of that bank"`
	RREFD     int `yaml:"rrefd" doc:"REF of one bank to ACT of another, or to the next REF of one bank"`
	REFIB     int `yaml:"refi_b" doc:"interval of REF of one bank, in turn; above 0 it replaces REF of all banks"`
}

// TransactionBytes is what one Request moves.
func (s Spec) TransactionBytes() int { return s.BurstBytes }

// CapacityBytes is the size of the stack.
func (s Spec) CapacityBytes() int64 {
	return int64(s.Channels) * int64(s.PseudoChannels) * int64(s.BankGroups) * int64(s.Banks) *
		int64(s.Rows) * int64(s.Columns) * int64(s.BurstBytes)
}

// PeakGBPerS is the rate of all data buses together, in 1e9 bytes per second.
func (s Spec) PeakGBPerS() float64 {
	return float64(s.Channels*s.PseudoChannels*s.BurstBytes) / float64(s.Timing.BL) * 1000 / float64(s.TCKPs)
}

// banksPerPseudo counts the banks of a pseudo-channel.
func (s Spec) banksPerPseudo() int { return s.BankGroups * s.Banks }

// banksPerChannel counts the banks of a channel.
func (s Spec) banksPerChannel() int { return s.PseudoChannels * s.banksPerPseudo() }

const (
	maxBanks  = 64 // of a channel: a set of banks is one machine word
	maxQueue  = 1 << 12
	maxCycles = 1 << 20
	maxUnits  = 1 << 24
)

// Validate reports every wrong field at once, joined; nil means that New accepts
// the Spec. Each message starts with the yaml key of the field.
func (s Spec) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	for _, f := range s.sizes() {
		check(f.n >= 1 && f.n <= maxUnits && bits.OnesCount(uint(f.n)) == 1,
			"%s must be a power of two up to %d, got %d", f.key, maxUnits, f.n)
	}
	check(s.banksPerChannel() <= maxBanks || len(errs) > 0, "banks of a channel must be at most %d, got %d", maxBanks, s.banksPerChannel())
	check(s.TCKPs >= 1 && s.TCKPs <= 1_000_000, "tck_ps must be 1 to 1000000, got %d", s.TCKPs)
	for _, f := range s.Timing.fields() {
		check(f.n >= f.least && f.n <= maxCycles, "timing.%s must be %d to %d, got %d", f.key, f.least, maxCycles, f.n)
	}
	t := s.Timing
	check(t.REFI == 0 || t.REFIB > 0 || t.REFI > t.RFC+t.RAS+t.RP+maxBanks, "timing.refi must leave time for accesses beside rfc %d, got %d", t.RFC, t.REFI)
	check(t.REFIB == 0 || t.REFIB > t.RREFD+t.RAS+t.RP, "timing.refi_b must leave time for accesses beside rrefd %d, got %d", t.RREFD, t.REFIB)
	check(t.CL+t.BL+t.RTW >= t.CWL, "timing.cwl must be at most cl + bl + rtw, got %d", t.CWL)
	for _, f := range []struct {
		key, value string
		known      []string
	}{{"scheduler", s.Scheduler, Schedulers()}, {"page", s.Page, Pages()}, {"drain", s.Drain, Drains()}} {
		check(slices.Contains(f.known, f.value), "%s must be one of %v, got %q", f.key, f.known, f.value)
	}
	for _, f := range []field{{"read_queue", s.ReadQueue, 1}, {"write_queue", s.WriteQueue, 1}, {"bank_queue", s.BankQueue, 1},
		{"drain_high", s.DrainHigh, 0}, {"drain_low", s.DrainLow, 0}, {"row_hit_limit", s.RowHitLimit, 0}, {"response_cycles", s.ResponseCycles, 0}} {
		check(f.n >= f.least && f.n <= maxQueue, "%s must be %d to %d, got %d", f.key, f.least, maxQueue, f.n)
	}
	check(s.DrainHigh < s.WriteQueue, "drain_high must be below write_queue %d, got %d", s.WriteQueue, s.DrainHigh)
	check(s.DrainLow < s.WriteQueue, "drain_low must be below write_queue %d, got %d", s.WriteQueue, s.DrainLow)
	check(s.Drain != "watermark" || s.DrainLow <= s.DrainHigh+1, "drain_low must be at most drain_high %d + 1, got %d", s.DrainHigh, s.DrainLow)
	if len(errs) == 0 {
		_, err := ParseMapping(s)
		check(err == nil, "mapping: %w", err)
	}
	return errors.Join(errs...)
}

// field is a number with its yaml key and its least value.
type field struct {
	key      string
	n, least int
}

func (s Spec) sizes() []field {
	return []field{{"channels", s.Channels, 1}, {"pseudo_channels", s.PseudoChannels, 1}, {"bank_groups", s.BankGroups, 1},
		{"banks", s.Banks, 1}, {"rows", s.Rows, 1}, {"columns", s.Columns, 1}, {"burst_bytes", s.BurstBytes, 1}}
}

func (t Timing) fields() []field {
	return []field{{"act_cycles", t.ACTCycles, 1}, {"bl", t.BL, 1}, {"cl", t.CL, 1}, {"cwl", t.CWL, 1},
		{"rcd_rd", t.RCDRD, 1}, {"rcd_wr", t.RCDWR, 1}, {"rp", t.RP, 1}, {"ras", t.RAS, 1}, {"rc", t.RC, 1},
		{"rtp", t.RTP, 0}, {"wr", t.WR, 0}, {"ccd_s", t.CCDS, 0}, {"ccd_l", t.CCDL, 0}, {"rrd_s", t.RRDS, 0}, {"rrd_l", t.RRDL, 0},
		{"faw", t.FAW, 0}, {"wtr_s", t.WTRS, 0}, {"wtr_l", t.WTRL, 0}, {"rtw", t.RTW, 0}, {"rfc", t.RFC, 0}, {"refi", t.REFI, 0},
		{"rfc_b", t.RFCB, 0}, {"rrefd", t.RREFD, 0}, {"refi_b", t.REFIB, 0}}
}
