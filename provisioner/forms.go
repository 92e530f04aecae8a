package provisioner

import (
	"fmt"
	"hash/fnv"
	"slices"
)

// provedEnough is how often a form of write is read back before it is trusted.
const provedEnough = 3

// sampleEvery is which share of the writes of a trusted form is read back all the
// same: one in so many.
const sampleEvery = 100

// A trial is an attempt's search for a form of write that the app takes.
type trial struct {
	// forms are tried in place of what is known of the app.
	forms map[Capability]string
	// failed holds "capability=value" for what has not worked.
	failed map[string]bool
	// reason says why what is known of the app does not work.
	reason map[Capability]string
	// refusal is the first answer that said no.
	refusal error
}

// set tries a value that is not one of several, or not to be remembered.
func (t *trial) set(name Capability, value string) {
	if t.forms == nil {
		t.forms = map[Capability]string{}
	}
	t.forms[name] = value
}

// try sets a value that is to be remembered for a reason if it works.
func (t *trial) try(name Capability, value, reason string) {
	t.set(name, value)
	if t.reason == nil {
		t.reason = map[Capability]string{}
	}
	t.reason[name] = reason
}

// give gives up to try other values of a capability than the one that is known.
func (t *trial) give(name Capability) {
	delete(t.forms, name)
	delete(t.reason, name)
}

// capabilities are what is known of the app, and what is being tried.
func (a *attempt) capabilities() Capabilities {
	c := a.work.App.Capabilities()
	for name, value := range a.trial.forms {
		c = c.With(name, value)
	}
	return c
}

// decides returns the capabilities that give a write its form.
func (a *attempt) decides(w Write) (names []Capability) {
	update := updateOf(a.link.Kind)
	switch {
	case w.Verb == VerbCreate:
	case len(w.Remove) > 0 && !a.capabilities().Is(update, FormPut):
		names = append(names, MemberRemove)
	default:
		names = append(names, update)
	}
	if slices.Contains(w.Sets, "active") {
		names = append(names, ActiveType)
	}
	return names
}

// alternatives are the values of a capability that can be tried.
func alternatives(name Capability) []string {
	if name == ActiveType {
		return []string{ActiveBool, ActiveString}
	}
	return capabilityValues[name]
}

// nextForm sets the attempt to express a write in another way, since this one does
// not work. It returns false if all have been tried; what is known stands again then.
func (a *attempt) nextForm(w Write, why string) bool {
	for _, name := range a.decides(w) {
		if a.tryNext(name, why) {
			return true
		}
	}
	return false
}

func (a *attempt) tryNext(name Capability, why string) bool {
	t := &a.trial
	a.rule(name, a.capabilities().Fact(name).Value)
	if t.reason == nil {
		t.reason = map[Capability]string{}
	}
	if t.reason[name] == "" {
		t.reason[name] = why
	}
	for _, value := range alternatives(name) {
		if !t.failed[string(name)+"="+value] {
			t.set(name, value)
			return true
		}
	}
	delete(t.forms, name)
	return false
}

// rule takes a value of a capability out of those to be tried.
func (a *attempt) rule(name Capability, value string) {
	if a.trial.failed == nil {
		a.trial.failed = map[string]bool{}
	}
	a.trial.failed[string(name)+"="+value] = true
}

// trying reports whether a write is in a form that is being tried.
func (a *attempt) trying(w Write) bool {
	return slices.ContainsFunc(a.decides(w), func(name Capability) bool { return a.trial.forms[name] != "" })
}

// proved counts a use of a form that has been seen to work, and keeps what was tried
// for it.
func (a *attempt) proved(w Write) {
	names := append(a.decides(w), IDInBody, ContentType)
	if update := updateOf(a.link.Kind); w.Verb == VerbPatch && a.trial.forms[update] == FormPatch {
		names = append(names, update) // there is a PATCH, then
	}
	for _, name := range names {
		if value := a.trial.forms[name]; value != "" {
			a.observe(name, value, a.trial.reason[name])
			delete(a.trial.forms, name)
		}
	}
	if a.work.App.Learned.Proved[w.Form] < provedEnough {
		a.learned(func(l *Learned) { l.Prove(w.Form) })
	}
}

// trusted reports whether a form of write has been seen to work, so that an app which
// refuses it means the request and not its form.
func (a *attempt) trusted(w Write) bool { return a.work.App.Learned.Proved[w.Form] > 0 }

// needsProof reports whether it has to be seen that a write has worked: while its
// form is new, always when it locks an account, and now and then.
func (a *attempt) needsProof(w Write) bool {
	return w.Action == ActionDisable || a.work.App.Learned.Proved[w.Form] < provedEnough || a.trying(w) || a.sampled() ||
		len(w.Add)+len(w.Remove) > 0 && a.work.App.Learned.Proved[formMembersRespelled] > 0
}

// sampled picks one change in a hundred, always the same ones.
func (a *attempt) sampled() bool {
	h := fnv.New32a()
	fmt.Fprintf(h, "%s %d", a.link.Key, a.link.Desired)
	return h.Sum32()%sampleEvery == 0
}

// learned records what the attempt has found out about the app, for itself and for
// all after it.
func (a *attempt) learned(learn func(*Learned)) {
	learn(&a.work.App.Learned)
	a.learn = append(a.learn, learn)
}

// observe records what the app has shown it can do.
func (a *attempt) observe(name Capability, value, reason string) {
	now := a.engine.config.Now()
	a.learned(func(l *Learned) { l.Observe(name, value, reason, now) })
}
