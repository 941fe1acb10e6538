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
	ReadLatency      units.Duration    `yaml:"read_latency" doc:"arrival of a read request to its first word, paid once per stream" source:"DRAMsim3 HBM2, interleave 64 B, random reads, 2 outstanding: 41.97 ns on average"`
	Turnaround       units.Duration    `yaml:"turnaround" doc:"idle time of the data bus between a read and a write" source:"HBM2 write to read: CWL + BL/2 + tWTR_L = 4 + 2 + 8 cycles of 1 ns"`
	Efficiency       []EfficiencyPoint `yaml:"efficiency" doc:"share of peak bandwidth by access length, interpolated over log2(bytes), constant beyond both ends" source:"DRAMsim3 HBM2; see hbm.HBM2"`
	QueueDepth       int               `yaml:"queue_depth" min:"1" doc:"read requests the controller chooses from; more wait in the port" source:"[A] 64 entries, as a Ramulator 2 channel queue"`
	WriteBuffer      units.Bytes       `yaml:"write_buffer" min:"1 B" doc:"incoming bytes buffered per traffic class; at least one chunk" source:"[A] 4 chunks of 64 KiB"`
	ReadBuffer       int               `yaml:"read_buffer" min:"1" doc:"outgoing packets buffered per traffic class" source:"[A] one being sent, one being read"`
	AckBytes         units.Bytes       `yaml:"ack_bytes" min:"1 B" doc:"size of a write acknowledgement on the wires" source:"[A] one 16-byte header"`
}

// EfficiencyPoint says which share of peak bandwidth, in (0, 1], accesses of a
// length reach.
type EfficiencyPoint struct {
	Bytes      units.Bytes `yaml:"bytes" min:"1 B" doc:"contiguous bytes of one access"`
	Efficiency float64     `yaml:"efficiency" min:"0" max:"1" doc:"share of peak bandwidth, above 0"`
}

// PeakBandwidth is the rate of all channels together.
func (s Spec) PeakBandwidth() units.Bandwidth {
	return units.Bandwidth(s.Channels) * s.ChannelBandwidth
}

// HBM2 is the stack of the paper: 8192 MB, 8 channels, 256 GB/s.
//
// Efficiency and latency come from DRAMsim3 (commit 2981759) running
// HBM2_8Gb_x128 with the 64 B interleave (mapping rorabacobgch), closed loop,
// reads only, 256 requests of 64 B outstanding unless said otherwise:
//
//   - 64 B: row "random": 61.468 of 256 GB/s, 0.2401. The limit is the rate of
//     row activations (tFAW);
//   - 128 B: twice the bytes for each activation, 2 x 0.2401;
//   - 256 B: four times would be above the row "seq" (236.694 GB/s, 0.9246),
//     which refresh and the bus set; so that row holds from here on.
//     Ramulator 2.1 with MOP4CLXOR gives 0.9244 for its "seq" with 512
//     outstanding;
//   - latency: row "random" with 2 outstanding, 41.97 cycles of 1 ns, refresh
//     included.
func HBM2() Spec {
	return Spec{
		Capacity: 8 * units.GiB, Channels: 8, ChannelBandwidth: 32 * units.GBPerSecond,
		ReadLatency: 42 * units.Nanosecond, Turnaround: 14 * units.Nanosecond,
		Efficiency: []EfficiencyPoint{{64, 0.2401}, {128, 0.4802}, {256, 0.9246}},
		QueueDepth: 64, WriteBuffer: 256 * units.KiB, ReadBuffer: 2, AckBytes: 16,
	}
}

// SSD is the paper's alternative to a stack: 15.8 GB/s, which is PCIe 4.0 x8.
// The rest is assumed [A]: 2 TB, 80 us to the first byte (a page read of TLC
// NAND and the controller), no turnaround, and pages of 4 KiB of which a shorter
// access uses only its part.
func SSD() Spec {
	s := HBM2()
	s.Capacity, s.Channels, s.ChannelBandwidth = 2*units.TB, 1, 15_800*units.MBPerSecond
	s.ReadLatency, s.Turnaround = 80*units.Microsecond, 0
	s.Efficiency = []EfficiencyPoint{{512, 0.125}, {1024, 0.25}, {2048, 0.5}, {4096, 1}}
	return s
}

// PresetNames lists the names that Preset knows.
func PresetNames() []string { return []string{"hbm2", "ssd"} }

// Preset is the Spec of a name; false if there is none.
func Preset(name string) (Spec, bool) {
	switch name {
	case "hbm2":
		return HBM2(), true
	case "ssd":
		return SSD(), true
	}
	return Spec{}, false
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
	return errors.Join(append(errs, s.validateEfficiency()...)...)
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
		if math.IsNaN(p.Efficiency) || p.Efficiency < minEfficiency || p.Efficiency > 1 {
			errs = append(errs, fmt.Errorf("efficiency[%d].efficiency must be %v to 1, got %v", i, minEfficiency, p.Efficiency))
		}
		last = max(last, p.Bytes)
	}
	return errs
}

// minEfficiency keeps the slowest rate above a bit per cycle's fraction that
// the integer timing can hold.
const minEfficiency = 1e-4
