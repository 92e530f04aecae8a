package features_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/features"
	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
)

// The end of a cursor is judged where it comes soon: by the clock of a target that stands
// still no cursor ends, by that of one that jumps ahead with each look at it every one has.
func TestCursorsThatExpire(t *testing.T) {
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	still := func() time.Time { return begin }
	var looks atomic.Int64
	ahead := func() time.Time { return begin.Add(time.Duration(looks.Add(1)) * time.Minute) }
	for id, clock := range map[string]func() time.Time{"CURSOR-17": still, "CURSOR-14": ahead} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			target := mocktargettest.New(t, mocktargettest.WithConfig(mocktarget.Config{Now: clock, Limits: mocktarget.Limits{CursorTimeout: time.Second}}))
			report, err := conformance.Run(t.Context(), conformance.Config{
				Endpoint: target.URL(), Token: target.Token(), Features: features.FS, Select: conformance.Selection{Only: []string{id}}, Write: true, Timeout: patience,
			})
			if err != nil {
				t.Fatal(err)
			}
			refused := false
			for _, r := range report.Results {
				if r.ID != id {
					continue
				}
				if r.Verdict != conformance.Pass {
					t.Errorf("%s %s: %s", r.Verdict, r.ID, r.Reason)
				}
				for _, x := range r.Exchanges {
					refused = refused || x.Answer != nil && x.Answer.Status == 400
				}
			}
			if want := id == "CURSOR-14"; refused != want {
				t.Errorf("a cursor was refused: %t, want %t", refused, want)
			}
		})
	}
}
