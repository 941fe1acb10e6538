// Package units holds quantities as people write them in a config file: 8 GiB,
// 256 GB/s, 1 GHz, 50 um, 100 ns. This is the one place that parses and prints
// them.
//
// # Model
//
// Every quantity is a whole number of its base unit, kept in an int64, so that
// no value is rounded on the way from a file to a formula and back:
//
//	Bytes      bytes
//	Bandwidth  bits per second
//	Frequency  hertz
//	Length     nanometers
//	Duration   picoseconds
//	Area       square nanometers
//	Energy     attojoules, and EnergyPerBit
//	Power      nanowatts, and PowerDensity per square millimeter
//
// KB, MB, GB are powers of 1000 and KiB, MiB, GiB powers of 1024 (IEC 80000-13);
// B is a byte and b a bit. Unit names are case-sensitive, because MB/s and Mb/s
// differ by a factor of eight. The space between number and unit is optional.
//
// # Not modelled
//
// Arithmetic between units (the formulas of each part do that in plain
// integers), negative quantities, and rates that are not a whole number of bits
// per second.
//
// # Laws the tests hold
//
//   - Parse(x.String()) == x for every non-negative value of every type;
//   - a number that is not a whole number of base units, is negative or does not
//     fit is an error, never rounded or wrapped;
//   - a wrong unit is an error that lists the units allowed.
package units
