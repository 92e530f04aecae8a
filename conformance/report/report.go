// Package report writes down what a verification has found out: as JSON for programs,
// JUnit XML for build servers, HTML and Markdown for people, HAR for tools that read
// traffic, and a badge. [Write] makes the files of a folder; [Compare] says what has
// become better or worse between two runs.
//
// A report can be passed on. It holds no credentials and no passwords, and of what was
// in the target before the run nothing but its form: names of attributes and types of
// values.
package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/permiso/scimwright/conformance"
)

// A Format is a way to write a report.
type Format string

// The formats.
const (
	JSON     Format = "json"  // results.json
	JUnit    Format = "junit" // junit.xml
	HTML     Format = "html"  // report.html
	Markdown Format = "md"    // report.md
	HAR      Format = "har"   // exchanges.har
	Badge    Format = "badge" // badge.svg
)

// formats are the formats with the names of their files, in the order in which they
// are written.
var formats = []struct {
	format Format
	file   string
	write  func(io.Writer, *Results) error
}{
	{JSON, "results.json", writeJSON},
	{JUnit, "junit.xml", writeJUnit},
	{HTML, "report.html", writeHTML},
	{Markdown, "report.md", writeMarkdown},
	{Badge, "badge.svg", writeBadge},
	{HAR, "exchanges.har", writeHAR},
}

// Default are the formats that are written if none is named: all but [HAR].
func Default() []Format { return []Format{JSON, JUnit, HTML, Markdown, Badge} }

// ParseFormat returns the format of a name. The error lists the names there are.
func ParseFormat(name string) (Format, error) {
	var names []string
	for _, f := range formats {
		if string(f.format) == name {
			return f.format, nil
		}
		names = append(names, string(f.format))
	}
	return "", fmt.Errorf("there is no report format %q: use one of %s", name, strings.Join(names, ", "))
}

// Write makes one file for each format in a folder, which is made if it does not
// exist, and returns the names of the files. A file is replaced as a whole or not at
// all. No format at all means [Default].
func Write(dir string, report *conformance.Report, tool string, wanted ...Format) (files []string, err error) {
	if len(wanted) == 0 {
		wanted = Default()
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the folder for the report: %w", err)
	}
	results := New(report, tool)
	for _, f := range formats {
		if !slices.Contains(wanted, f.format) {
			continue
		}
		name := filepath.Join(dir, f.file)
		if err := replace(name, func(w io.Writer) error { return f.write(w, results) }); err != nil {
			return files, fmt.Errorf("writing %s: %w", name, err)
		}
		files = append(files, name)
	}
	return files, nil
}

// Prepare makes the folder for a report and finds out whether it can be written into, for
// programs that want to know before they have something to write.
func Prepare(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the folder for the report: %w", err)
	}
	f, err := os.CreateTemp(dir, ".writable-*")
	if err != nil {
		return fmt.Errorf("the folder for the report cannot be written into: %w", err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// WriteTo writes the results in one format.
func (r *Results) WriteTo(w io.Writer, format Format) error {
	for _, f := range formats {
		if f.format == format {
			return f.write(w, r)
		}
	}
	_, err := ParseFormat(string(format))
	return err
}

// replace writes a file beside the one of the name and puts it in its place.
func replace(name string, write func(io.Writer) error) (err error) {
	var text bytes.Buffer
	if err := write(&text); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(text.Bytes())
	if err := errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
