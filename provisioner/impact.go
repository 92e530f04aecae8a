package provisioner

import "time"

// An Impact says what other settings of an app would change of what it holds.
type Impact struct {
	// Users and Groups count who would be created, updated, disabled and deleted, and
	// who stays as they are.
	Users, Groups Tally
	// Losing are those who would lose something, users first, [ImpactNames] of them at
	// the most.
	Losing []Losing
	// Held is why the guard would hold them back, "" if it would not.
	Held string

	going int
	left  bool // whether anybody would have an account in use
}

// A Losing is somebody whom other settings would cost something.
type Losing struct {
	Goodbye
	// Name is what people call them.
	Name string
}

// ImpactNames is how many an [Impact] names.
const ImpactNames = 100

// Add counts what becomes of a subject by other settings.
func (i *Impact) Add(before, after *Work, now time.Time) {
	tally := &i.Users
	if after.Link.Kind == KindGroup {
		tally = &i.Groups
	}
	was, is := before.Desired(), after.Desired()
	exists := after.Link.RemoteID != ""
	i.left = i.left || after.Link.Kind == KindUser && is.Presence == Present
	goodbye, going := after.Goodbye(now)
	if _, already := before.Goodbye(now); going && !already {
		i.lose(tally, after, goodbye)
		return
	}
	switch {
	case !exists && is.Create && !was.Create:
		tally.Created++
	case exists && is.Presence != Absent && after.Differs(before):
		tally.Updated++
	case exists:
		tally.Unchanged++
	}
}

func (i *Impact) lose(tally *Tally, w *Work, g Goodbye) {
	i.going++
	if w.Link.Kind == KindGroup || g.Final {
		tally.Deleted++
	} else {
		tally.Disabled++
	}
	if len(i.Losing) < ImpactNames {
		i.Losing = append(i.Losing, Losing{Goodbye: g, Name: w.Name()})
	}
}

// Judge says what the guard would do about it, given what else it counts.
func (i *Impact) Judge(app *App, l Losses) {
	if i.going == 0 {
		return
	}
	l.Going += i.going
	l.Nobody = !i.left
	i.Held = app.Hold(l)
}
