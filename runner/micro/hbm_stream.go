package micro

import (
	"fmt"
	"math"
	"math/rand/v2"

	"mozart/components/hbm"
	"mozart/components/hbm/bank"
	"mozart/configs/units"
	"mozart/interconnect/stats"
)

// tickShift is the number of fraction bits of a time at stream fidelity: 64 B take
// less than a cycle.
const tickShift = 20

const tick = 1 << tickShift

// streamLoad replays requests on the laws of a stack at stream fidelity: a data bus
// that serves them in order, each for as long as 64 B take at the efficiency of the
// pattern's access length and of the mix, and a latency that the requests before hide.
// Times are in 2^-20 cycles.
type streamLoad struct {
	spec    StackSpec
	latency int64
	service int64 // of one request on the bus
	buffer  int   // writes that are accepted before they are on the bus

	mix *rand.Rand
	// bus is when the bus is free; now is when the last request was sent, sent how many
	// in its cycle.
	bus, now int64
	sent     int
	reads    fifo // when each outstanding read ends
	refused  fifo // when each outstanding write is accepted
	writes   fifo // when each accepted write leaves the buffer

	latencies stats.Latencies // of reads, cycles
	sum       float64         // of reads, ticks
}

// runStream measures a stack at stream fidelity.
func runStream(s StackSpec) (*StackResult, error) {
	stack, ok := hbm.Preset(s.Preset)
	if !ok {
		return nil, fmt.Errorf("preset: found %q: %w", s.Preset, ErrNoSuchPreset)
	}
	clock := memoryClock(s.Preset)
	timing, err := hbm.NewTiming(stack, clock)
	if err != nil {
		return nil, err
	}
	length, err := accessBytes(s, stack.QueueDepth)
	if err != nil {
		return nil, err
	}
	rate := timing.Rate(length, 1-s.ReadFraction)
	l := &streamLoad{
		spec: s, latency: stack.ReadLatency.Cycles(clock) << tickShift,
		service: int64(math.Round(requestBytes * 8 * tick * tick / float64(rate))),
		buffer:  max(1, int(stack.WriteBuffer/requestBytes)),
		mix:     rand.New(rand.NewPCG(s.Seed, mixStream)),
	}
	l.run()
	return l.result(stack.PeakBandwidth(), clock), nil
}

// mixStream makes the draws of the mix differ from any other of the same seed.
const mixStream = 0x6d6978

// memoryClock is the clock that a preset's cycles count: its own at bank fidelity, and
// 1 GHz for a stack that has no banks.
func memoryClock(preset string) units.Frequency {
	if spec, err := bank.Preset(preset); err == nil && spec.TCKPs > 0 {
		return units.Frequency(math.Round(1e12 / float64(spec.TCKPs)))
	}
	return units.GHz
}

// accessBytes is how many bytes of a pattern lie together for a stack: all of a
// sequence, and as many as the requests of one stream that are outstanding together
// where several streams take turns. A stride leaves 64 B.
func accessBytes(s StackSpec, queue int) (int64, error) {
	p, err := bank.ParsePattern(s.Pattern)
	if err != nil {
		return 0, err
	}
	switch {
	case p.Kind == bank.Sequential:
		return s.Requests * requestBytes, nil
	case p.Streams > 0:
		window := queue
		if s.Rate == 0 {
			window = s.Window
		}
		return requestBytes * max(1, int64(window)/p.Streams), nil
	}
	return requestBytes, nil
}

func (l *streamLoad) run() {
	for i := range l.spec.Requests {
		created := l.send(i)
		if l.mix.Float64() < l.spec.ReadFraction {
			l.read(created)
		} else {
			l.write()
		}
	}
}

// send moves now to when request i is sent, and returns when it was created.
func (l *streamLoad) send(i int64) int64 {
	if l.sent == issueWidth {
		l.now, l.sent = l.now+tick, 0
	}
	if l.spec.Rate > 0 {
		created := max(0, int64(math.Ceil(float64(i+1)/l.spec.Rate))-1) * tick
		l.wait(created)
		return created
	}
	for l.leave(); l.outstanding() >= l.spec.Window; l.leave() {
		l.wait(l.nextExit())
	}
	return l.now
}

// leave takes what is over out of the window.
func (l *streamLoad) leave() {
	l.reads.drop(l.now)
	l.refused.drop(l.now)
}

// wait moves now to the cycle of a time, or leaves it if that has passed.
func (l *streamLoad) wait(until int64) {
	if cycle := (until + tick - 1) / tick * tick; cycle > l.now {
		l.now, l.sent = cycle, 0
	}
}

func (l *streamLoad) outstanding() int { return l.reads.len() + l.refused.len() }

// nextExit is when the next outstanding request leaves the window.
func (l *streamLoad) nextExit() int64 {
	next := int64(math.MaxInt64)
	if l.reads.len() > 0 {
		next = l.reads.first()
	}
	if l.refused.len() > 0 {
		next = min(next, l.refused.first())
	}
	return next
}

// read puts a read on the bus.
func (l *streamLoad) read(created int64) {
	l.sent++
	l.bus = max(l.bus, l.now+l.latency) + l.service
	if l.spec.Rate == 0 {
		l.reads.push(l.bus)
	}
	l.sum += float64(l.bus - created)
	l.latencies.Add((l.bus - created + tick - 1) / tick)
}

// write puts a write on the bus. It is accepted as soon as the buffer has room.
func (l *streamLoad) write() {
	l.sent++
	l.writes.drop(l.now)
	l.bus = max(l.bus, l.now) + l.service
	if over := l.writes.len() - l.buffer; over >= 0 && l.spec.Rate == 0 {
		l.refused.push(l.writes.at(over))
	}
	l.writes.push(l.bus)
}

func (l *streamLoad) result(peak units.Bandwidth, clock units.Frequency) *StackResult {
	cycles := (l.bus + tick - 1) / tick
	ns := 1e9 / clock.Hertz()
	r := &StackResult{
		Requests: l.spec.Requests, Reads: l.latencies.N, Bytes: l.spec.Requests * requestBytes, Cycles: cycles, CycleNS: ns,
		PeakBandwidthGBPerS: peak.BytesPerSecond() / 1e9,
		P50ReadLatencyNS:    float64(l.latencies.Quantile(0.5)) * ns, P99ReadLatencyNS: float64(l.latencies.Quantile(0.99)) * ns,
	}
	if r.Reads > 0 {
		r.AvgReadLatencyNS = l.sum / tick / float64(r.Reads) * ns
	}
	r.BandwidthGBPerS = float64(r.Bytes) / (float64(cycles) * ns)
	r.Efficiency = r.BandwidthGBPerS / r.PeakBandwidthGBPerS
	return r
}

// fifo is a queue of times.
type fifo struct {
	times []int64
	head  int
}

func (f *fifo) len() int { return len(f.times) - f.head }

func (f *fifo) first() int64 { return f.times[f.head] }

func (f *fifo) at(i int) int64 { return f.times[f.head+i] }

func (f *fifo) push(t int64) {
	if f.head > len(f.times)/2 && f.head > 64 {
		f.times = f.times[:copy(f.times, f.times[f.head:])]
		f.head = 0
	}
	f.times = append(f.times, t)
}

// drop removes the times that have come.
func (f *fifo) drop(now int64) {
	for f.len() > 0 && f.first() <= now {
		f.head++
	}
}
