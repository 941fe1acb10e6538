package report

import (
	"fmt"
	"strings"
)

// percent shows a share of 1.
func percent(share float64) string { return fmt.Sprintf("%.1f%%", 100*share) }

// bar draws a share of 1 in 30 columns.
func bar(share float64) string {
	const width = 30
	return strings.Repeat("█", int(share*width+0.5))
}

// seconds shows a time with a unit that fits its size.
func seconds(s float64) string {
	switch {
	case s == 0:
		return "0"
	case s < 1e-3:
		return fmt.Sprintf("%.3f us", s*1e6)
	case s < 1:
		return fmt.Sprintf("%.3f ms", s*1e3)
	default:
		return fmt.Sprintf("%.3f s", s)
	}
}

// joules shows an energy with a unit that fits its size, or - for none.
func joules(j float64) string { return metric(j, "J") }

// watts shows a power with a unit that fits its size, or - for none.
func watts(w float64) string { return metric(w, "W") }

func metric(v float64, unit string) string {
	switch {
	case v == 0:
		return "-"
	case v >= 999.5:
		return fmt.Sprintf("%.3g k%s", v/1e3, unit)
	case v >= 0.9995:
		return fmt.Sprintf("%.3g %s", v, unit)
	case v >= 0.9995e-3:
		return fmt.Sprintf("%.3g m%s", v*1e3, unit)
	default:
		return fmt.Sprintf("%.3g u%s", v*1e6, unit)
	}
}

// Seconds shows a time with a unit that fits its size, as the tables do.
func Seconds(s float64) string { return seconds(s) }

// count shows a number in thousands or millions.
func count(n float64) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%.2f M", n/1e6)
	case n >= 1e4:
		return fmt.Sprintf("%.1f k", n/1e3)
	default:
		return fmt.Sprintf("%.0f", n)
	}
}

// bytes shows a size with a decimal unit that fits it, or - for none.
func bytes(n int64) string {
	f := float64(n)
	switch {
	case n == 0:
		return "-"
	case n >= 1e9:
		return fmt.Sprintf("%.2f GB", f/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.2f MB", f/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.2f kB", f/1e3)
	default:
		return fmt.Sprintf("%d B", n)
	}
}
