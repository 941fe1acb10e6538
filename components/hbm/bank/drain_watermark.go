package bank

// watermark writes from when more than high writes wait, or no read does, until
// fewer than low wait and a read does.
type watermark struct {
	high, low int
	on        bool
}

func (w *watermark) writing(reads, writes int, _ bool) bool {
	if w.on {
		w.on = writes >= max(w.low, 1) || reads == 0
	} else {
		w.on = writes > w.high || reads == 0
	}
	return w.on
}

func (*watermark) took() {}

// flush has nothing to do: without reads, writes go.
func (*watermark) flush(int) {}
