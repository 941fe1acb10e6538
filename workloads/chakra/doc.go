// Package chakra writes and reads programs as Chakra execution traces
// (github.com/mlcommons/chakra, schema/protobuf/et_def.proto): a file per rank, each a
// GlobalMetadata and then Nodes, every message behind its length. Rank 0 is the
// attention chiplet, rank 1 + c expert chiplet c.
//
// # What becomes what
//
// A matrix or vector op is a COMP_NODE with its operations and bytes, a load or store
// a MEM_LOAD_NODE or MEM_STORE_NODE, a signal and its wait a COMM_SEND_NODE and a
// COMM_RECV_NODE per pair of chiplets, a send or receive of tokens a COMM_COLL_NODE of
// type ALL_TO_ALL. Chakra has no all-to-all of unequal parts: bytes per destination
// are an attribute. Whatever Chakra has no field for is an attribute that begins with
// "mozart.".
//
// # What is lost
//
// Export and Import say what another reader, or this one, cannot know; docs/workload.md
// explains each loss.
//
// # Laws the tests hold
//
//   - a program that is exported and imported is the same, op for op and copy for copy;
//   - without the tables, tables are made that send as many bytes to each destination;
//   - whatever the bytes are, reading ends with a program or an error.
package chakra
