package hbm

import (
	"context"
	"math/rand/v2"

	"mozart/components/hbm/bank"
	"mozart/configs/units"
)

// measuredLengths are the access lengths of a measured table, up to where a longer one
// changes nothing.
func measuredLengths() []units.Bytes {
	const k = units.KiB
	return []units.Bytes{64, 128, 256, 512, k, 4 * k, 16 * k, 64 * k, 256 * k, 1024 * k, 4096 * k}
}

// accessLoad is what the banks are given to measure an efficiency: accesses of one
// length at random places, each a run of bursts, as fast as they are taken. A share of
// them, spread evenly, are writes.
type accessLoad struct {
	bytes, percentWrites, accesses int64
	random                         *rand.Rand
	spec                           bank.Spec
}

const (
	// enoughBytes is what a point moves, and enoughAccesses the least number of
	// accesses: so many that the refreshes at its ends are a fraction of a percent.
	// Short accesses take longer.
	enoughBytes, enoughShort = 32 << 20, 8 << 20
	shortBytes               = 256
	enoughAccesses           = 16
	measureSeed              = 1
)

func newAccessLoad(s bank.Spec, bytes, percentWrites int64) *accessLoad {
	total := int64(enoughBytes)
	if bytes < shortBytes {
		total = enoughShort
	}
	return &accessLoad{
		bytes: bytes, percentWrites: percentWrites, accesses: max(enoughAccesses, total/bytes),
		random: rand.New(rand.NewPCG(measureSeed, uint64(bytes))), spec: s,
	}
}

// Measured is the efficiency of a stack of banks with accesses of a length in bytes of
// which so many percent are writes: the share of its peak bandwidth.
func Measured(s bank.Spec, bytes, percentWrites int64) (float64, error) {
	stack, err := bank.New(s)
	if err != nil {
		return 0, err
	}
	l := newAccessLoad(s, bytes, percentWrites)
	for i := range l.accesses {
		l.access(stack, i)
	}
	stack.Flush()
	for !stack.Idle() {
		stack.Advance(stack.NextEvent(), drop)
	}
	seconds := float64(stack.Now()) * float64(s.TCKPs) / 1e12
	return float64(l.accesses*bytes) / seconds / (s.PeakGBPerS() * 1e9), nil
}

// access hands over the bursts of access i.
func (l *accessLoad) access(stack *bank.Stack, i int64) {
	write := (i+1)*l.percentWrites/100 > i*l.percentWrites/100
	from := l.random.Int64N(l.spec.CapacityBytes()/l.bytes) * l.bytes
	step := int64(l.spec.TransactionBytes())
	for at := from; at < from+l.bytes; at += step {
		r := bank.Request{Addr: uint64(at), Write: write}
		for !stack.Submit(stack.Now(), r) {
			stack.Advance(stack.NextRoom(r.Addr), drop)
		}
	}
}

func drop(bank.Completion) {}

// MeasureEfficiency measures the table of a stack of banks. note, if set, is called
// after each of its points.
func MeasureEfficiency(ctx context.Context, s bank.Spec, note func(done, of int)) ([]EfficiencyPoint, error) {
	lengths, shares := measuredLengths(), append([]int{0}, WriteShares()...)
	var table []EfficiencyPoint
	for i, bytes := range lengths {
		p := EfficiencyPoint{Bytes: bytes}
		for k, percent := range shares {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			e, err := Measured(s, int64(bytes), int64(percent))
			if err != nil {
				return nil, err
			}
			if k == 0 {
				p.Efficiency = rounded(e)
			} else {
				p.WithWrites = append(p.WithWrites, rounded(e))
			}
			if note != nil {
				note(i*len(shares)+k+1, len(lengths)*len(shares))
			}
		}
		table = append(table, p)
	}
	return table, nil
}

// rounded is an efficiency as tables write it: to four decimals.
func rounded(e float64) float64 { return float64(int64(e*1e4+0.5)) / 1e4 }
