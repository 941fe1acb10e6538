package hbm

import (
	"errors"
	"fmt"
	"math"

	"mozart/configs/units"
)

// Spec is everything that can be chosen about a stack. It is plain data and
// never changes after New.
type Spec struct {
	Capacity         units.Bytes       `yaml:"capacity" min:"1 B" doc:"bytes the stack holds; checked before a run, not tracked in it" source:"[P] machine: 8192 MB a stack"`
	Channels         int               `yaml:"channels" min:"1" doc:"independent channels; peak bandwidth is channels x channel_bandwidth" source:"HBM2 (JESD235): 8 channels"`
	ChannelBandwidth units.Bandwidth   `yaml:"channel_bandwidth" min:"1 b/s" doc:"peak rate of one channel" source:"[P] machine: 256 GB/s a stack, over 8 channels"`
	ReadLatency      units.Duration    `yaml:"read_latency" doc:"arrival of a read request to its first word, paid once per stream" source:"HBM2 at bank level: mean of random 64 B reads, 2 outstanding"`
	Turnaround       units.Duration    `yaml:"turnaround" doc:"idle time of the data bus between a read and a write" source:"HBM2 at bank level: in the efficiency with writes"`
	Efficiency       []EfficiencyPoint `yaml:"efficiency" doc:"share of peak bandwidth by access length and share of writes, interpolated over log2(bytes) and linearly over the share, constant beyond both ends" source:"HBM2 at bank level, measured by mozart micro hbm --measure-efficiency"`
	Bank             BankSpec          `yaml:"bank" doc:"banks and controller, for fidelity.hbm: bank"`
	QueueDepth       int               `yaml:"queue_depth" min:"1" doc:"read requests the controller chooses from; more wait in the port" source:"[A] 64 entries, as a Ramulator 2 channel queue"`
	WriteBuffer      units.Bytes       `yaml:"write_buffer" min:"1 B" doc:"incoming bytes buffered per traffic class; at least one chunk" source:"[A] 4 chunks of 64 KiB"`
	ReadBuffer       int               `yaml:"read_buffer" min:"1" doc:"outgoing packets buffered per traffic class" source:"[A] one being sent, one being read"`
	AckBytes         units.Bytes       `yaml:"ack_bytes" min:"1 B" doc:"size of a write acknowledgement on the wires" source:"[A] one 16-byte header"`

	// Level is the experiment's fidelity.hbm; empty is StreamLevel.
	Level Level `yaml:"-"`
}

// AtBankLevel tells whether the banks of the stack are modelled.
func (s Spec) AtBankLevel() bool { return s.Level == BankLevel && s.Bank.HasBanks() }

// EfficiencyPoint says which share of peak bandwidth, in (0, 1], accesses of a
// length reach.
type EfficiencyPoint struct {
	Bytes      units.Bytes `yaml:"bytes" min:"1 B" doc:"contiguous bytes of one access"`
	Efficiency float64     `yaml:"efficiency" min:"0" max:"1" doc:"share of peak bandwidth that reads alone reach, above 0"`
	WithWrites []float64   `yaml:"with_writes" min:"0" max:"1" doc:"the share when 25, 50, 75 and 100% of the accesses are writes; empty: as reads alone"`
}

// SetDefaults makes a point whose table knows no writes.
func (p *EfficiencyPoint) SetDefaults() { p.WithWrites = []float64{} }

// WriteShares are the shares of writes, in percent, that the values of WithWrites
// stand for.
func WriteShares() []int { return []int{25, 50, 75, 100} }

// writeShareStep is the distance of two of them.
const writeShareStep = 0.25

// withShare is the efficiency at a share of writes from 0 to 1.
func (p EfficiencyPoint) withShare(writes float64) float64 {
	if len(p.WithWrites) == 0 {
		return p.Efficiency
	}
	at := min(max(writes, 0), 1) / writeShareStep
	low := min(int(at), len(p.WithWrites)-1)
	from, to := p.Efficiency, p.WithWrites[low]
	if low > 0 {
		from = p.WithWrites[low-1]
	}
	return from + (at-float64(low))*(to-from)
}

// PeakBandwidth is the rate of all channels together.
func (s Spec) PeakBandwidth() units.Bandwidth {
	return units.Bandwidth(s.Channels) * s.ChannelBandwidth
}

const (
	maxChannels  = 1 << 10
	maxBandwidth = 1_000_000 * units.GBPerSecond // of all channels together
	maxLatency   = units.Second
	maxQueue     = 1 << 16
	maxBuffer    = units.GiB
)

// Validate reports every wrong field at once, joined; nil means that the Spec can
// be used. Each message starts with the yaml key of the field.
func (s Spec) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(s.Capacity > 0, "capacity must be above 0 B, got %v", s.Capacity)
	channelsOK := s.Channels >= 1 && s.Channels <= maxChannels
	check(channelsOK, "channels must be 1 to %d, got %d", maxChannels, s.Channels)
	check(s.ChannelBandwidth > 0, "channel_bandwidth must be above 0 B/s, got %v", s.ChannelBandwidth)
	check(!channelsOK || s.ChannelBandwidth <= maxBandwidth/units.Bandwidth(s.Channels),
		"channel_bandwidth x channels must be at most %v, got %v", maxBandwidth, s.ChannelBandwidth)
	check(s.ReadLatency >= 0 && s.ReadLatency <= maxLatency, "read_latency must be 0 to %v, got %v", maxLatency, s.ReadLatency)
	check(s.Turnaround >= 0 && s.Turnaround <= maxLatency, "turnaround must be 0 to %v, got %v", maxLatency, s.Turnaround)
	check(s.QueueDepth >= 1 && s.QueueDepth <= maxQueue, "queue_depth must be 1 to %d, got %d", maxQueue, s.QueueDepth)
	check(s.WriteBuffer >= 1 && s.WriteBuffer <= maxBuffer, "write_buffer must be 1 B to %v, got %v", maxBuffer, s.WriteBuffer)
	check(s.ReadBuffer >= 1 && s.ReadBuffer <= maxQueue, "read_buffer must be 1 to %d, got %d", maxQueue, s.ReadBuffer)
	check(s.AckBytes >= 1 && s.AckBytes <= units.MiB, "ack_bytes must be 1 B to %v, got %v", units.MiB, s.AckBytes)
	if s.Bank.HasBanks() {
		errs = append(errs, s.validateBanks())
	} else if s.Bank != (BankSpec{Preset: s.Bank.Preset}) {
		check(false, "bank.preset must be given where bank.mapping, bank.scheduler or bank.page is, got %q", s.Bank.Preset)
	}
	return errors.Join(append(errs, s.validateEfficiency()...)...)
}

// validateBanks checks that both levels are of one stack.
func (s Spec) validateBanks() error {
	spec, err := s.Bank.Resolve()
	if err != nil {
		return err
	}
	const tolerance = 1e-3 // bandwidths are written in round numbers
	got, want := s.PeakBandwidth().BytesPerSecond()/1e9, spec.PeakGBPerS()
	if s.Level == BankLevel && math.Abs(got/want-1) > tolerance {
		return fmt.Errorf("channel_bandwidth x channels must be %.1f GB/s, as that of bank.preset %s, got %.1f", want, s.Bank.Preset, got)
	}
	if got, want := int64(s.Capacity), spec.CapacityBytes(); s.Level == BankLevel && got > want {
		return fmt.Errorf("capacity must be at most %v, as much as bank.preset %s has, got %v", units.Bytes(want), s.Bank.Preset, s.Capacity)
	}
	return nil
}

func (s Spec) validateEfficiency() []error {
	if len(s.Efficiency) == 0 {
		return []error{fmt.Errorf("efficiency must have at least one point")}
	}
	var errs []error
	last := units.Bytes(0)
	for i, p := range s.Efficiency {
		if p.Bytes <= last {
			errs = append(errs, fmt.Errorf("efficiency[%d].bytes must be above %v, got %v", i, last, p.Bytes))
		}
		share := func(key string, v float64) {
			if math.IsNaN(v) || v < minEfficiency || v > 1 {
				errs = append(errs, fmt.Errorf("efficiency[%d].%s must be %v to 1, got %v", i, key, minEfficiency, v))
			}
		}
		share("efficiency", p.Efficiency)
		if n := len(p.WithWrites); n != 0 && n != len(WriteShares()) {
			errs = append(errs, fmt.Errorf("efficiency[%d].with_writes must have no value or %d, for %v%% writes, got %d", i, len(WriteShares()), WriteShares(), n))
		}
		if len(p.WithWrites) != 0 != (len(s.Efficiency[0].WithWrites) != 0) {
			errs = append(errs, fmt.Errorf("efficiency[%d].with_writes must have values in every point or in none", i))
		}
		for k, v := range p.WithWrites {
			share(fmt.Sprintf("with_writes[%d]", k), v)
		}
		last = max(last, p.Bytes)
	}
	return errs
}

// minEfficiency keeps the slowest rate above a bit per cycle's fraction that
// the integer timing can hold.
const minEfficiency = 1e-4
