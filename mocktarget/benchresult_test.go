package mocktarget_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Rows of the table that are not requests.
const (
	rowReady     = "start until it answers"
	rowGenerate  = "generate"
	rowResident  = "resident"
	rowPeak      = "resident at most while generating"
	rowAnswering = "resident at most while answering, client included"
	rowSnapshot  = "snapshot and restore"
	rowFork      = "fork and delete"
)

// results collect what benchmarks measure and put it into a Markdown table.
type results struct {
	cells map[cell]*series
	rows  []string
	sizes []int
}

type cell struct {
	users        int
	subject, row string
}

// A series are the measurements of one cell.
type series struct {
	unit    string
	lastN   int
	samples []float64
}

func newResults() *results { return &results{cells: map[cell]*series{}} }

// add notes a measurement of n operations. The same benchmark runs with more and more
// operations; the last of them counts, and with -count the median of these.
func (r *results) add(users int, subject, row string, n int, value float64, unit string) {
	c := cell{users, subject, row}
	s := r.cells[c]
	if s == nil {
		s = &series{unit: unit}
		r.cells[c] = s
	}
	if s.lastN == 0 || n <= s.lastN {
		s.samples = append(s.samples, 0)
	}
	s.lastN, s.samples[len(s.samples)-1] = n, value
	if !slices.Contains(r.rows, row) {
		r.rows = append(r.rows, row)
	}
	if !slices.Contains(r.sizes, users) {
		r.sizes = append(r.sizes, users)
	}
}

// rate notes how many operations a benchmark has done in a second.
func (r *results) rate(b *testing.B, users int, subject, row string) {
	perSecond := float64(b.N) / b.Elapsed().Seconds()
	r.add(users, subject, row, b.N, perSecond, "/s")
	b.ReportMetric(perSecond, "req/s")
	r.ratio(b, users, subject, row)
}

// time notes how long one operation of a benchmark has taken.
func (r *results) time(b *testing.B, users int, subject, row string) {
	r.add(users, subject, row, b.N, float64(b.Elapsed().Nanoseconds())/float64(b.N)/1e6, "ms")
	r.ratio(b, users, subject, row)
}

// ratio reports how many times slower a subject is than the mock.
func (r *results) ratio(b *testing.B, users int, subject, row string) {
	if ratio, ok := r.slower(users, subject, row); ok && subject != "mock" {
		b.ReportMetric(ratio, "x-slower")
	}
}

func (r *results) slower(users int, subject, row string) (float64, bool) {
	mock, other := r.cells[cell{users, "mock", row}], r.cells[cell{users, subject, row}]
	if mock == nil || other == nil {
		return 0, false
	}
	if mock.unit == "/s" {
		return mock.median() / other.median(), true
	}
	return other.median() / mock.median(), true
}

func (s *series) median() float64 {
	sorted := slices.Sorted(slices.Values(s.samples))
	return sorted[len(sorted)/2]
}

// print writes the table to the file that MOCKTARGET_BENCH_TABLE names.
func (r *results) print(b *testing.B) {
	name := os.Getenv("MOCKTARGET_BENCH_TABLE")
	if name == "" {
		return
	}
	var t strings.Builder
	t.WriteString("| |")
	for _, n := range r.sizes[1:] {
		fmt.Fprintf(&t, " %s users | elimity | plain |", thousands(n))
	}
	t.WriteString("\n|---|" + strings.Repeat("--:|--:|--:|", len(r.sizes)-1) + "\n")
	for _, row := range r.rows {
		if row == rowReady {
			continue
		}
		fmt.Fprintf(&t, "| %s |", row)
		for _, n := range r.sizes[1:] {
			for _, subject := range []string{"mock", "elimity", "plain"} {
				t.WriteString(" " + r.text(n, subject, row) + " |")
			}
		}
		t.WriteString("\n")
	}
	if s := r.cells[cell{0, "mock", rowReady}]; s != nil {
		fmt.Fprintf(&t, "\nFrom New until the first answer, empty: %s.\n", s.text())
	}
	if err := os.WriteFile(name, []byte(t.String()), 0o644); err != nil {
		b.Fatal(err)
	}
}

// text returns a cell: a measurement, and for the others how many times slower it is.
func (r *results) text(users int, subject, row string) string {
	s := r.cells[cell{users, subject, row}]
	if s == nil {
		return ""
	}
	ratio, ok := r.slower(users, subject, row)
	if !ok || subject == "mock" {
		return s.text()
	}
	return fmt.Sprintf("%s (%s×)", s.text(), short(ratio))
}

func (s *series) text() string {
	switch v := s.median(); {
	case s.unit == "/s":
		return short(v) + "/s"
	case s.unit == "ms" && v >= 1000:
		return short(v/1000) + " s"
	case s.unit == "ms" && v < 0.1:
		return short(v*1000) + " µs"
	default:
		return short(v) + " " + s.unit
	}
}

// short returns a number with about three digits.
func short(v float64) string {
	switch {
	case v >= 1000:
		digits := len(strconv.Itoa(int(v))) - 3
		scale := 1
		for range digits {
			scale *= 10
		}
		return thousands((int(v) + scale/2) / scale * scale)
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	default:
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
}

func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// cpuTime returns the processor time that the process has used, as Linux counts it: in
// steps of a hundredth of a second. It suffers less than the clock from what else runs
// on a machine.
func cpuTime() time.Duration {
	text, _ := os.ReadFile("/proc/self/stat")
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * (time.Second / 100)
}

// status returns a line of Linux's account of the process in bytes, 0 where there is
// none.
func status(name string) int {
	text, _ := os.ReadFile("/proc/self/status")
	for line := range strings.SplitSeq(string(text), "\n") {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			kilobytes, _ := strconv.Atoi(strings.Fields(value)[0])
			return kilobytes << 10
		}
	}
	return 0
}

// resetPeak makes VmHWM count from now on.
func resetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }
