package provisioner

// A Result says how an app is and what was done to it.
type Result struct {
	Users  Tally `json:"users"`
	Groups Tally `json:"groups"`
	// Requests counts the HTTP requests that were made.
	Requests int `json:"requests"`
	// Paused is why work for the app stopped, "" if it did not.
	Paused string `json:"paused,omitzero"`
	// Failures are the subjects that could not be brought to what is desired, Held
	// those that the guard holds back. Of very many the first are named; the tallies
	// count all.
	Failures []Failure `json:"failures,omitempty"`
	Held     []Failure `json:"held,omitempty"`
}

// A Tally counts subjects of one kind by what was done to them.
type Tally struct {
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Disabled  int `json:"disabled"`
	Deleted   int `json:"deleted"`
	Unchanged int `json:"unchanged"`
	Skipped   int `json:"skipped"`
	Held      int `json:"held"`
	Failed    int `json:"failed"`
}

// Changed counts the subjects to which something was done.
func (t *Tally) Changed() int { return t.Created + t.Updated + t.Disabled + t.Deleted }

// A Failure is a subject that a pass could not bring to what is desired.
type Failure struct {
	Kind   Kind   `json:"kind"`
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

// Count adds n subjects whose links are in a state and to which an action was done.
func (r *Result) Count(kind Kind, state LinkState, action Action, n int) {
	t := &r.Users
	if kind == KindGroup {
		t = &r.Groups
	}
	switch {
	case state == LinkHeld:
		t.Held += n
	case !state.Settled():
		t.Failed += n
	case action == ActionCreate:
		t.Created += n
	case action == ActionDelete:
		t.Deleted += n
	case action == ActionDisable:
		t.Disabled += n
	case action == ActionUpdate:
		t.Updated += n
	case state == LinkSkipped:
		t.Skipped += n
	case state != LinkGone:
		t.Unchanged += n
	}
}
