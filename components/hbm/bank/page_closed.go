package bank

// closedPage closes a row with its last waiting access: an access to another row
// pays for ACT alone, as does one to the same row that comes later.
type closedPage struct{}

func (closedPage) keep(more bool) bool { return more }
