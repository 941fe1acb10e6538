package micro

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mozart/components/hbm"
	"mozart/components/hbm/bank"
)

// The fidelities of a memory stack.
const (
	// Stream is bandwidth, latency and efficiency by access length (package hbm).
	Stream Fidelity = "stream"
	// Bank is every DRAM command of every bank (package bank).
	Bank Fidelity = "bank"
)

// StackFidelities lists the fidelities of a memory stack.
func StackFidelities() []Fidelity { return []Fidelity{Bank, Stream} }

// StackSpec is a measurement of one memory stack alone: requests of 64 B, in order,
// up to 16 of them a cycle.
type StackSpec struct {
	// Preset names the stack; see StackPresets.
	Preset   string
	Fidelity Fidelity
	// Mapping is the address mapping at bank fidelity; empty is that of the preset.
	Mapping string
	// Pattern is "sequential", "random", "strided:BYTES", "streams:N" or
	// "streams-staggered:N".
	Pattern string
	// ReadFraction is the share of requests, 0 to 1, that are reads.
	ReadFraction float64
	// Window is how many requests may be outstanding; a write is until the stack has
	// accepted it. Rate is how many requests are offered per cycle of the memory
	// instead, however many are outstanding. One of the two is above 0.
	Window int
	Rate   float64
	// Requests is how many are sent.
	Requests int64
	Seed     uint64
}

// DefaultStackSpec reads sequentially from an HBM2 stack with 256 requests
// outstanding.
func DefaultStackSpec() StackSpec {
	return StackSpec{
		Preset: "hbm2", Fidelity: Bank, Pattern: "sequential", ReadFraction: 1, Window: 256, Requests: 100_000, Seed: 1,
	}
}

const (
	requestBytes = 64
	maxWindow    = 1 << 20
	maxRequests  = 1 << 40
	maxRate      = issueWidth
	// issueWidth is how many requests are sent per cycle.
	issueWidth = 16
)

// ErrNoSuchPreset is in the error of a stack that is not known at a fidelity.
var ErrNoSuchPreset = errors.New("no such stack")

// StackPatterns lists the forms of StackSpec.Pattern.
func StackPatterns() []string {
	return []string{"sequential", "random", "strided:BYTES", "streams:N", "streams-staggered:N"}
}

// StackPresets lists the stacks known at a fidelity, sorted.
func StackPresets(f Fidelity) []string {
	if f == Bank {
		return slices.Sorted(slices.Values(bank.Presets()))
	}
	return hbm.PresetNames()
}

// Validate reports every wrong field, one a line, by the name of its flag at the
// command line.
func (s StackSpec) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(slices.Contains(StackFidelities(), s.Fidelity), "fidelity: found %q, want %s or %s", s.Fidelity, Stream, Bank)
	_, err := bank.ParsePattern(s.Pattern)
	check(err == nil, "pattern: %w", err)
	check(s.ReadFraction >= 0 && s.ReadFraction <= 1, "read-fraction: found %v, want 0 to 1", s.ReadFraction)
	check(s.Rate >= 0 && s.Rate <= maxRate, "rate: found %v, want above 0 and at most %d requests per cycle", s.Rate, maxRate)
	check(s.Rate != 0 || s.Window >= 1 && s.Window <= maxWindow, "window: found %d, want 1 to %d", s.Window, maxWindow)
	check(s.Requests >= 1 && s.Requests <= maxRequests, "requests: found %d, want 1 to %d", s.Requests, maxRequests)
	if known := StackPresets(s.Fidelity); !slices.Contains(known, s.Preset) {
		check(false, "preset: found %q, want one of %s, at %s fidelity: %w", s.Preset, strings.Join(known, ", "), s.Fidelity, ErrNoSuchPreset)
	} else if s.Fidelity == Bank {
		_, err := s.bankSpec()
		check(err == nil, "%w; by name: %s", err, strings.Join(bank.Mappings(), ", "))
	}
	return errors.Join(errs...)
}

// bankSpec is the preset with the mapping asked for.
func (s StackSpec) bankSpec() (bank.Spec, error) {
	spec, err := bank.Preset(s.Preset)
	if err != nil {
		return bank.Spec{}, err
	}
	if s.Mapping != "" {
		spec.Mapping = s.Mapping
	}
	return spec, spec.Validate()
}

// StackResult is what a measurement of a stack found. Latencies are from the moment a
// request is sent (at a rate: created) to its last byte.
type StackResult struct {
	BandwidthGBPerS     float64 `json:"bandwidth_gb_per_s"`
	Efficiency          float64 `json:"efficiency"` // of the peak bandwidth
	AvgReadLatencyNS    float64 `json:"avg_read_latency_ns"`
	P50ReadLatencyNS    float64 `json:"p50_read_latency_ns"`
	P99ReadLatencyNS    float64 `json:"p99_read_latency_ns"`
	Requests            int64   `json:"requests"`
	Reads               int64   `json:"reads"`
	Bytes               int64   `json:"bytes"`
	Cycles              int64   `json:"cycles"` // of the memory's clock
	CycleNS             float64 `json:"cycle_ns"`
	PeakBandwidthGBPerS float64 `json:"peak_bandwidth_gb_per_s"`
	// Banks is nil at stream fidelity.
	Banks        *StackBanks `json:"banks,omitempty"`
	WallS        float64     `json:"wall_s"`
	RequestsPerS float64     `json:"requests_per_s"` // of the host
}

// StackBanks counts the commands of a stack's banks, and what the transactions found
// when they were taken up: their row open, their bank closed, another row open. Reads
// of a burst that waits to be written are forwarded, and writes of such a one
// coalesced: these are no commands.
type StackBanks struct {
	Activates     int64 `json:"activates"`
	Precharges    int64 `json:"precharges"`
	Reads         int64 `json:"reads"`
	Writes        int64 `json:"writes"`
	Refreshes     int64 `json:"refreshes"`
	BankRefreshes int64 `json:"bank_refreshes"`
	RowHits       int64 `json:"row_hits"`
	RowMisses     int64 `json:"row_misses"`
	RowConflicts  int64 `json:"row_conflicts"`
	Forwarded     int64 `json:"forwarded"`
	Coalesced     int64 `json:"coalesced"`
}

// RunStack measures one stack. Errors of the spec name what was found and what is
// wanted. All but the times of the host is the same for the same spec.
func RunStack(s StackSpec) (*StackResult, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	began := time.Now()
	run := runBanks
	if s.Fidelity == Stream {
		run = runStream
	}
	r, err := run(s)
	if err != nil {
		return nil, err
	}
	r.WallS = time.Since(began).Seconds()
	r.RequestsPerS = float64(r.Requests) / r.WallS
	return r, nil
}
