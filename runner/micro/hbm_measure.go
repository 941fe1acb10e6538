package micro

import (
	"context"
	"fmt"
	"math"
	"strings"

	"mozart/components/hbm"
	"mozart/components/hbm/bank"
	"mozart/configs/units"
)

// MeasureStack measures a stack at bank level and returns the file of its stream level:
// a stack for hardware.group_stack and hardware.attention_stack, with the efficiency by
// access length and share of writes and the latency of a lone read. mapping is that of
// the banks, empty for the preset's. note, if set, is called after each point. It ends
// with ErrInterrupted when the context does.
func MeasureStack(ctx context.Context, preset, mapping string, note func(done, of int)) ([]byte, error) {
	s, banks, err := streamStack(preset, mapping)
	if err != nil {
		return nil, err
	}
	if s.Efficiency, err = hbm.MeasureEfficiency(ctx, banks, note); err != nil {
		if ctx.Err() != nil {
			return nil, ErrInterrupted
		}
		return nil, err
	}
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("measured stack: %w", err)
	}
	return stackText(s), nil
}

// streamStack is a stack at stream level but for the efficiency.
func streamStack(preset, mapping string) (hbm.Spec, bank.Spec, error) {
	s := hbm.DefaultSpec()
	s.Bank = hbm.BankSpec{Preset: preset, Mapping: mapping}
	banks, err := s.Bank.Resolve()
	if err != nil {
		return s, banks, err
	}
	s.Capacity, s.Channels = units.Bytes(banks.CapacityBytes()), banks.Channels
	channel := banks.PeakGBPerS() / float64(banks.Channels) * float64(units.GBPerSecond)
	s.ChannelBandwidth = units.Bandwidth(math.Round(channel))
	if s.ReadLatency, err = readLatency(banks); err != nil {
		return s, banks, err
	}
	return s, banks, nil
}

// readLatency is the mean latency of random reads that hardly ever meet, to 10 ps.
func readLatency(s bank.Spec) (units.Duration, error) {
	const reads, together, unit = 40_000, 2, 10
	d, err := bank.Drive(s, bank.Load{Pattern: bank.Pattern{Kind: bank.Random}, ReadFraction: 1, Window: together, Requests: reads, Seed: 1})
	if err != nil {
		return 0, err
	}
	return units.Duration(math.Round(d.MeanReadLatencyNs*1000/unit)) * unit, nil
}

// stackText is the file of a stack.
func stackText(s hbm.Spec) []byte {
	var b strings.Builder
	mapping := ""
	if s.Bank.Mapping != "" {
		mapping = " --mapping " + s.Bank.Mapping
	}
	fmt.Fprintf(&b, "# Measured at bank level and written by\n#   mozart micro hbm --measure-efficiency --preset %s%s\n", s.Bank.Preset, mapping)
	b.WriteString("# A change belongs into the banks' preset, not into this file. Sources are in configs/README.md.\n")
	fmt.Fprintf(&b, "capacity: %v\nchannels: %d\nchannel_bandwidth: %v\n", s.Capacity, s.Channels, s.ChannelBandwidth)
	fmt.Fprintf(&b, "read_latency: %v\nturnaround: %v # in the efficiency with writes\n", s.ReadLatency, s.Turnaround)
	fmt.Fprintf(&b, "bank: {preset: %s", s.Bank.Preset)
	if s.Bank.Mapping != "" {
		fmt.Fprintf(&b, ", mapping: %s", s.Bank.Mapping)
	}
	b.WriteString("}\nefficiency: # of accesses that are reads; with 25, 50, 75 and 100% writes\n")
	for _, p := range s.Efficiency {
		fmt.Fprintf(&b, "  - {bytes: %v, efficiency: %.4f, with_writes: [", p.Bytes, p.Efficiency)
		for i, e := range p.WithWrites {
			if i > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "%.4f", e)
		}
		b.WriteString("]}\n")
	}
	return []byte(b.String())
}
