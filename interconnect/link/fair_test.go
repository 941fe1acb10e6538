package link_test

import (
	"testing"

	"pgregory.net/rapid"

	"mozart/interconnect/link"
	"mozart/interconnect/port"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
)

// TestClassesShareByWeight: whatever the sizes of the messages, no class gets ahead of
// another, both of which have more waiting than the wire is given ahead, by more than a
// largest message of each, over the weights, and what the wire was given when nothing
// else waited.
func TestClassesShareByWeight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := link.Spec{BitsPerCycle: rapid.Int64Range(8, 4000).Draw(t, "bits"), LatencyCycles: 3, AheadBytes: rapid.IntRange(0, 9000).Draw(t, "ahead")}
		roomy := port.Spec{VCs: vcs, InBytes: 1 << 24, OutMessages: 60}
		s := wiretest.NewSystem()
		a, b := s.Source(t, "A", roomy), s.Sink(t, "B", roomy, 0)
		var left [vcs]int
		var largest [vcs]float64
		for class := range vcs {
			spec.Weights[class] = rapid.IntRange(1, link.MaxWeight).Draw(t, "weight")
			// A class of one size, as tokens are, beside classes of much longer messages.
			most := rapid.IntRange(1, 70_000).Draw(t, "longest")
			left[class] = rapid.IntRange(1, 60).Draw(t, "messages")
			for range left[class] {
				size := rapid.IntRange(1, most).Draw(t, "size")
				largest[class] = max(largest[class], float64(size))
				a.Queue(0, packet(s, wire.Class(class), int32(size), 0))
			}
		}
		join(t, s, spec, a, b)
		s.Run(t)
		s.CheckQuiet(t)

		over := func(bytes float64, class int) float64 { return bytes / float64(spec.Weights[class]) }
		var sent [vcs]float64
		for _, arrival := range b.Arrivals {
			class := int(arrival.Packet.Class)
			sent[class] += float64(arrival.Packet.Bytes)
			if left[class]--; left[class] == 0 {
				return // from here on it no longer has something waiting
			}
			for other := range vcs {
				const rounding = 1.01 // a price is a whole number
				ahead := over(sent[class], class) - over(sent[other], other)
				given := float64(spec.AheadBytes) + 2*float64(spec.BitsPerCycle)/8 // in whole cycles, from the next one on
				if limit := over(given+min(float64(spec.AheadBytes), largest[class])+largest[class], class) + over(largest[other], other); ahead > rounding*limit+0.005*over(sent[class], class) {
					t.Fatalf("%v is ahead of %v by %.1f bytes over weight, at most %.1f: sent %v, weights %v",
						wire.Class(class), wire.Class(other), ahead, limit, sent, spec.Weights)
				}
			}
		}
	})
}

// TestAChunkTakesOneTurnOfManyTokens is the case that shares by messages get wrong: a
// class of 64 KiB chunks beside one of 4 KiB tokens.
func TestAChunkTakesOneTurnOfManyTokens(t *testing.T) {
	const chunk, token, chunks = 64 << 10, 4 << 10, 8
	s := wiretest.NewSystem()
	roomy := port.Spec{VCs: vcs, InBytes: 1 << 24, OutMessages: 2}
	a, b := s.Source(t, "A", roomy), s.Sink(t, "B", roomy, 0)
	for range chunks {
		a.Queue(0, packet(s, wire.ClassWeight, chunk, 0))
		for range chunk / token {
			a.Queue(0, packet(s, wire.ClassToken, token, 0))
		}
	}
	join(t, s, link.Spec{BitsPerCycle: 440, LatencyCycles: 5}, a, b)
	s.Run(t)
	s.CheckQuiet(t)
	tokens, whole := 0, 0
	for _, arrival := range b.Arrivals {
		if arrival.Packet.Class == wire.ClassToken {
			tokens++
			continue
		}
		whole++
		if got, want := tokens, (whole-1)*chunk/token; got < want || got > want+chunk/token {
			t.Errorf("%d tokens before the end of chunk %d, want %d to %d", got, whole, want, want+chunk/token)
		}
	}
	if whole != chunks || tokens != chunks*chunk/token {
		t.Errorf("%d chunks and %d tokens came", whole, tokens)
	}
}
