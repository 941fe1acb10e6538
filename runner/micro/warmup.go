package micro

import "math"

const (
	// periodPackets is about how many packets a period of the warm-up should see: then
	// their number has a standard deviation of 1.4%.
	periodPackets   = 5_000
	minPeriodCycles = 2_000
	maxPeriodCycles = 50_000
	// minPeriods is the shortest warm-up. In a network that carries less than it is
	// offered, latency grows in proportion to the time, by more than settledShare a
	// period until maxPeriods.
	minPeriods   = 3
	maxPeriods   = 12
	settledShare = 0.05
	// settledDeviations is how many standard deviations a number of packets may change.
	settledDeviations = 2

	// windowPackets is about how many packets a window should see.
	windowPackets   = 60_000
	minWindowCycles = 10_000
	maxAutoCycles   = 1_000_000
	// maxWindows is the number of windows, each twice the one before, that are tried for
	// a 95% confidence interval of the mean latency of precision around it.
	maxWindows = 3
	precision  = 0.02

	minDrainCycles = 10_000
)

// packetsPerCycle is the load of the whole network.
func (m *measurement) packetsPerCycle() float64 {
	return float64(len(m.injectors)) * m.spec.Traffic.Rate / float64(m.spec.Traffic.PacketFlits)
}

// cyclesFor is the time in which so many packets are created, within limits.
func (m *measurement) cyclesFor(packets, low, high float64) int64 {
	return int64(min(max(packets/m.packetsPerCycle(), low), high))
}

func (m *measurement) windowCycles() int64 {
	if m.spec.MeasureCycles != Auto {
		return m.spec.MeasureCycles
	}
	return m.cyclesFor(windowPackets, minWindowCycles, maxAutoCycles)
}

// warmUp runs until the network is in a steady state, or for the time asked for.
func (m *measurement) warmUp() error {
	if w := m.spec.WarmupCycles; w != Auto {
		m.warmed = true
		// The window opens as soon as the driver can hear of all of it.
		if last := w - 1 - m.fabric.foresight(); last > 0 {
			return m.run(last)
		}
		return nil
	}
	period := m.cyclesFor(periodPackets, minPeriodCycles, maxPeriodCycles)
	var before tally
	steady := 0
	for n := 1; n <= maxPeriods; n++ {
		m.load.period = tally{}
		if err := m.run(m.now + period); err != nil {
			return err
		}
		now := m.load.period
		if n > 1 && settled(before, now) {
			steady++
		} else {
			steady = 0
		}
		before = now
		if n >= minPeriods && steady >= minPeriods-1 {
			m.warmed = true
			return nil
		}
	}
	return nil
}

// settled compares two periods of one length: the mean latency has not grown by more
// than 5%, the warm-up threshold of BookSim2 (Jiang et al., ISPASS 2013), and the number
// of packets that arrived has not, by more than chance. What falls is not filling up.
func settled(before, now tally) bool {
	a, b := float64(before.packets), float64(now.packets)
	if b-a > max(settledShare*b, settledDeviations*math.Sqrt(a+b)) {
		return false
	}
	return now.mean() <= (1+settledShare)*before.mean()
}
