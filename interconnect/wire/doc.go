// Package wire holds the words that parts say to each other: packets on the
// network-on-package (NoP) and the short messages between a chiplet's sequencer,
// its tile array and its SRAM. It has no behaviour beyond a free list, so that
// every part can speak it without knowing any other part.
package wire
