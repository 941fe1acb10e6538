package energy

// Rates is how many events of each kind happen in a second.
type Rates [NumEvents]float64

// Power is what events at such rates draw, by event, in watts.
func (s Spec) Power(r Rates) [NumEvents]float64 {
	var watts [NumEvents]float64
	for e := range NumEvents {
		watts[e] = float64(r[e] * s.Price(e).Joules())
	}
	return watts
}
