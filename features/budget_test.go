package features_test

import (
	"testing"
	"time"
)

// What a run may send to a service, where a person who looks after it watches: at five
// requests in a second, as is usual, a hundred are twenty seconds.
const (
	mostOfRun   = 2200
	mostOfCheck = 16
)

// costly are the checks that may send more.
var costly = map[string]struct {
	most int
	why  string
}{
	"GROUP-25":  {95, "adds forty members, which have to be made and removed"},
	"GROUP-22":  {52, "adds twenty members"},
	"CREATE-08": {75, "sends a create for each attribute, since the first mistake of several would hide the others"},
	"FILT-39":   {50, "looks for a user by each attribute, since a filter of several parts would not show which is ignored"},
	"FILT-40":   {45, "looks for a user by each attribute in another letter case"},
	"PROJ-12":   {32, "asks for each attribute alone"},
}

// A run sends no more than it needs: not more than a service is to be burdened with, and
// no check more than others without a reason. The users of this mock have an attribute of
// every kind, so that elsewhere it is less.
func TestRunKeepsToItsBudget(t *testing.T) {
	report := judge(t, everything(t), 2*time.Millisecond)
	if report.Requests > mostOfRun {
		t.Errorf("the run has sent %d requests, and may %d", report.Requests, mostOfRun)
	}
	for _, r := range report.Results {
		most := mostOfCheck
		c, named := costly[r.ID]
		if named {
			most = c.most
		}
		if r.Requests > most {
			t.Errorf("%s has sent %d requests, and may %d", r.ID, r.Requests, most)
		}
		if named && r.Requests <= mostOfCheck {
			t.Errorf("%s has sent %d requests, and is no exception (%s)", r.ID, r.Requests, c.why)
		}
	}
}
