// Package runner holds no code: its test keeps the import floors of the whole
// module (see docs/architecture.md).
package runner
