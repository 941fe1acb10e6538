//go:build !invariants

package port

// Invariants reports whether the program checks the rules of engine domains.
const Invariants = false
