// Package record turns rows into files. It knows what a run's files look like
// and how they get onto the disk; what the rows mean is the business of the
// parts that count and of the report that reads.
//
// # Model
//
// LinkRow, LinkWindowRow, ResourceRow and OpRow are the columns of links.parquet,
// link_windows.parquet, resources.parquet and ops.parquet. A Dir is a run folder under construction:
// everything is written into a hidden sibling folder, which is renamed into
// place at the end. A single file goes through a hidden temporary file beside
// it, fsync and rename. A Digest hashes the deterministic numbers of a run.
//
// # Not modelled
//
// Replacing a folder needs two renames on a file system without an exchange:
// between them the old run lies beside its place as .NAME.old-*. A process that
// is killed leaves its hidden .NAME.tmp-* folder behind; it never holds a
// finished run, and may be deleted.
//
// # Laws the tests hold
//
//   - what is written is read back equal;
//   - the same rows make the same bytes, however they are cut into calls;
//   - a file or folder that is there is complete, also when the process is
//     killed while it writes;
//   - a folder that is not a Mozart run is never replaced;
//   - two different records never have the same digest input.
package record
