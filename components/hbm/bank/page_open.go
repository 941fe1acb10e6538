package bank

// openPage leaves a row open until another row of its bank is wanted: the next
// access to it is a hit, an access to another row pays for PRE and ACT.
type openPage struct{}

func (openPage) keep(bool) bool { return true }
