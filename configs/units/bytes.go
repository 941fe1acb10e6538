package units

// Bytes is an amount of data in bytes.
type Bytes int64

// Sizes to multiply with in Go code: 8 * units.GiB.
const (
	Byte Bytes = 1

	KB = 1000 * Byte
	MB = 1000 * KB
	GB = 1000 * MB
	TB = 1000 * GB

	KiB = 1024 * Byte
	MiB = 1024 * KiB
	GiB = 1024 * MiB
	TiB = 1024 * GiB
)

var bytesDimension = dimension{
	noun: "a size", example: "8 GiB", base: "B", bare: true,
	families: [][]unit{
		{{"B", 1}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"PB", 1e15}},
		{{"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"PiB", 1 << 50}},
	},
	aliases: []unit{{"kB", 1e3}},
}

// ParseBytes reads a size such as "8 GiB", "2.265 MB" or "4096" (bytes). The
// error is a *SyntaxError.
func ParseBytes(text string) (Bytes, error) {
	v, err := bytesDimension.parse(text)
	return Bytes(v), err
}

// String writes the size exactly, in the shorter of decimal and binary units.
func (b Bytes) String() string { return bytesDimension.format(int64(b)) }

// MarshalText is String; a negative size is an error.
func (b Bytes) MarshalText() ([]byte, error) { return bytesDimension.marshal(int64(b)) }

// UnmarshalText is ParseBytes.
func (b *Bytes) UnmarshalText(text []byte) error {
	v, err := ParseBytes(string(text))
	if err == nil {
		*b = v
	}
	return err
}

// TextPattern is a regular expression of the accepted texts.
func (Bytes) TextPattern() string { return bytesDimension.pattern() }
