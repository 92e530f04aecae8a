package steps

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// A LedgerFile keeps on disk what a run makes in the target, so that a run that was
// killed can be cleaned up after. What is about to be made is on the disk before the
// request leaves. Its methods may be called from any number of goroutines.
//
// The file is made of JSON objects, one a line: a [ledgerHead], and then a
// [ledgerLine] for each thing that happened.
type LedgerFile struct {
	mu   sync.Mutex
	file *os.File
	last int
}

// ledgerVersion counts up when older programs could misread the file.
const ledgerVersion = 1

type ledgerHead struct {
	Version  int       `json:"version"`
	Run      string    `json:"run"`
	Endpoint string    `json:"endpoint"`
	Started  time.Time `json:"started"`
}

// A ledgerLine is what became of one entry, which its number tells from others.
type ledgerLine struct {
	Number int `json:"n"`
	// State is one of the states below.
	State string `json:"state"`
	// Collection, Attribute and Name are told once, ID as soon as it is known.
	Collection string `json:"collection,omitempty"`
	Attribute  string `json:"attribute,omitempty"`
	Name       string `json:"name,omitempty"`
	ID         string `json:"id,omitempty"`
}

const (
	stateIntended = "intended" // about to be made
	stateMade     = "made"     // made, and the target has told its id
	stateProven   = "proven"   // what is under the id carried the run's marker
	stateOpen     = "open"     // perhaps made; the id was somebody else's
	stateDropped  = "dropped"  // clearly not made
	stateGone     = "gone"     // removed again, and the target has confirmed it
)

// CreateLedger makes the file of a run. It fails if there is a file of the name: it
// may hold what another run has left behind.
func CreateLedger(name, run, endpoint string, started time.Time) (*LedgerFile, error) {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("there is a ledger %s already: clean up after the run that it is of, or name another file", name)
	}
	if err != nil {
		return nil, fmt.Errorf("making the ledger: %w", err)
	}
	l := &LedgerFile{file: file}
	if err := errors.Join(l.write(ledgerHead{ledgerVersion, run, endpoint, started.UTC()}), file.Sync(), syncDir(name)); err != nil {
		return nil, errors.Join(err, file.Close(), os.Remove(name))
	}
	return l, nil
}

// syncDir puts the name of a new file on the disk, where the system can do that.
func syncDir(name string) error {
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	_ = dir.Sync() // not every file system can
	return dir.Close()
}

// Name returns the name of the file.
func (l *LedgerFile) Name() string { return l.file.Name() }

// Close closes the file, and removes it if nothing is left to clean up.
func (l *LedgerFile) Close(clean bool) error {
	err := l.file.Close()
	if clean {
		err = errors.Join(err, os.Remove(l.file.Name()))
	}
	return err
}

// intend writes down an entry and waits until the disk has it. It gives the entry its
// number.
func (l *LedgerFile) intend(e *entry) error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	e.number = l.last
	err := errors.Join(l.write(ledgerLine{e.number, stateIntended, e.collection, e.attribute, e.name, e.id}), l.file.Sync())
	if err != nil {
		return fmt.Errorf("the ledger cannot be written, so that nothing is made: %w", err)
	}
	return nil
}

// note writes down what became of an entry. If that cannot be written, the entry stays
// as it was in the file, and cleaning up finds out.
func (l *LedgerFile) note(e *entry, state string) {
	if l == nil || e.number == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.write(ledgerLine{Number: e.number, State: state, ID: e.id})
}

func (l *LedgerFile) write(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = l.file.Write(append(line, '\n')) // in one piece, so that a killed process leaves whole lines
	return err
}

// A SavedLedger is a ledger as it was read from a file.
type SavedLedger struct {
	// Run and Endpoint are those of the run that wrote it.
	Run, Endpoint string
	Started       time.Time

	entries []*entry
}

// LedgerEndpoint returns the base URL of the target that a ledger is about.
func LedgerEndpoint(name string) (string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("reading the ledger: %w", err)
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	head, err := parseHead(line)
	if err != nil {
		return "", fmt.Errorf("%s is no ledger of a verification: %w", name, err)
	}
	return head.Endpoint, nil
}

func parseHead(line []byte) (head ledgerHead, err error) {
	if json.Unmarshal(line, &head) != nil || head.Version != ledgerVersion {
		return head, fmt.Errorf("it does not begin with a line of version %d", ledgerVersion)
	}
	if !runForm.MatchString(head.Run) {
		return head, fmt.Errorf("the run %q is not eight letters or digits in lower case", head.Run)
	}
	return head, nil
}

// OpenLedger reads the file of a run that did not come to its end, and opens it to be
// continued. The last line may be cut off, as by a failure of power. The error says
// what is wrong with the file.
func OpenLedger(name string) (*SavedLedger, *LedgerFile, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the ledger: %w", err)
	}
	whole := bytes.LastIndexByte(text, '\n') + 1
	saved, last, err := parseLedger(text[:whole])
	if err != nil {
		return nil, nil, fmt.Errorf("%s is no ledger of a verification: %w", name, err)
	}
	file, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the ledger: %w", err)
	}
	_, err = file.Seek(int64(whole), 0)
	if err := errors.Join(err, file.Truncate(int64(whole))); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("opening the ledger: %w", err), file.Close())
	}
	return saved, &LedgerFile{file: file, last: last}, nil
}

func parseLedger(text []byte) (saved *SavedLedger, last int, err error) {
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	lines.Scan()
	head, err := parseHead(lines.Bytes())
	if err != nil {
		return nil, 0, err
	}
	saved = &SavedLedger{Run: head.Run, Endpoint: head.Endpoint, Started: head.Started}
	numbered := map[int]*entry{}
	for at := 2; lines.Scan(); at++ {
		var line ledgerLine
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return nil, 0, fmt.Errorf("line %d: %w", at, err)
		}
		e := numbered[line.Number]
		switch {
		case e == nil && line.State == stateIntended && (line.Collection == users || line.Collection == groups):
			e = &entry{number: line.Number, collection: line.Collection, attribute: line.Attribute, name: line.Name}
			numbered[line.Number], saved.entries = e, append(saved.entries, e)
			last = max(last, line.Number)
		case e == nil:
			return nil, 0, fmt.Errorf("line %d is about an entry that no line before it intends", at)
		}
		e.id, e.proven = line.ID, line.State == stateProven
		e.gone = line.State == stateGone || line.State == stateDropped
	}
	return saved, last, lines.Err()
}

// Open returns how many entries the target may still hold.
func (s *SavedLedger) Open() int {
	n := 0
	for _, e := range s.entries {
		if !e.gone {
			n++
		}
	}
	return n
}
