package bank

// pagePolicy says what becomes of a row after an access.
type pagePolicy interface {
	// keep says whether the row stays open; more says that another request inside
	// the controller waits for it.
	keep(more bool) bool
}

// Pages lists the values of Spec.Page.
func Pages() []string { return []string{"open", "closed"} }

func newPagePolicy(name string) pagePolicy {
	if name == "closed" {
		return closedPage{}
	}
	return openPage{}
}
