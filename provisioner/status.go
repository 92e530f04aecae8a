package provisioner

import "time"

// A Status says in a few numbers how an app is doing.
type Status struct {
	App      string
	Endpoint string
	State    AppState
	// Reason says why work for the app does not go on, "" if it does.
	Reason string
	// Converged counts the links with nothing left to do, Pending those with an
	// attempt ahead that is not a repetition, Failing those whose last attempt
	// failed or needs a person, Held those that the guard holds back.
	Converged, Pending, Failing, Held int
	// OldestPending is when the oldest change came that the app does not have yet,
	// zero if it has them all.
	OldestPending time.Time
	// Unsynced says why the app was not given all that a sync would have given it: the
	// newest one could not begin, or there has been none since it was connected to a
	// directory that had users already. It is "" if neither is so.
	Unsynced string
	// Notice says what somebody should see to in time, "" if nothing.
	Notice string
	// Expired says that the day is past until which the app is known to accept the token.
	Expired bool
	// LastError is the newest of the failures that are still failures, nil if there
	// is none.
	LastError *LastError
	// Finding is what the last audit that could be made has left for a person to look at,
	// "" if nothing, and FoundAt when that was.
	Finding string
	FoundAt time.Time
	// AuditFailure is why the newest audit failed, "" if it did not, and AuditFailedAt when
	// that was.
	AuditFailure  string
	AuditFailedAt time.Time
}

// A LastError is what is wrong with one link.
type LastError struct {
	At      time.Time
	Kind    Kind
	Subject string
	// Reason says it in one sentence.
	Reason string
}

// Good reports whether nobody has to do anything about the app. A draft is as long as it
// has nobody to be given, or is about to be.
func (s *Status) Good() bool {
	return (s.State.Drafted() || s.State == AppActive || s.State == AppThrottled) && s.Failing == 0 && s.Held == 0 && s.Unsynced == "" && s.Finding == "" && s.AuditFailure == "" && !s.Expired
}
