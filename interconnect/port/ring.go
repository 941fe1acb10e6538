package port

// ring is a queue of messages in a buffer whose size is a power of two. It
// grows when it must and never shrinks, so a steady state does not allocate.
type ring struct {
	buf  []Message
	head int
	len  int
}

func (r *ring) push(m Message) {
	if r.len == len(r.buf) {
		r.grow()
	}
	r.buf[(r.head+r.len)&(len(r.buf)-1)] = m
	r.len++
}

func (r *ring) pop() Message {
	m := r.buf[r.head]
	r.buf[r.head] = nil
	r.head = (r.head + 1) & (len(r.buf) - 1)
	r.len--
	return m
}

func (r *ring) peek() Message {
	if r.len == 0 {
		return nil
	}
	return r.buf[r.head]
}

func (r *ring) grow() {
	next := make([]Message, max(4, 2*len(r.buf)))
	for i := range r.len {
		next[i] = r.buf[(r.head+i)&(len(r.buf)-1)]
	}
	r.buf, r.head = next, 0
}
