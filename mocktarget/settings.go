package mocktarget

import (
	"slices"

	"github.com/permiso/scimwright/mocktarget/deviation"
	"github.com/permiso/scimwright/mocktarget/fault"
	"github.com/permiso/scimwright/provisioner/scim"
)

// Settings say how one tenant behaves. They can be changed while it is in use, see
// [Tenant.Configure]; a request goes by those that hold when it comes in. The zero
// Settings are the default behaviour.
type Settings struct {
	// RequireIfMatch refuses PUT, PATCH and DELETE without If-Match: 428 (RFC 6585).
	RequireIfMatch bool `json:"requireIfMatch" required:"false" doc:"Refuse PUT, PATCH and DELETE without If-Match: 428"`
	// Strict refuses a request that has a finding of severity error: 400.
	Strict bool `json:"strict" required:"false" doc:"Refuse a request that has a finding of severity error: 400"`
	// Engine names who answers the requests: one of [Config].Engines, or this package,
	// which is [OwnEngine] and "".
	Engine string `json:"engine" required:"false" doc:"Who answers the requests; empty and rfc are the mock itself"`
	// Imitate names a make of apps that the tenant behaves like, see [Imitations]. Faults
	// and Deviations come on top of it.
	Imitate string `json:"imitate,omitempty" doc:"Name of a make of apps to behave like; faults and deviations come on top of it"`
	// Faults make requests go wrong on purpose. They count from anew after each change
	// of the settings.
	Faults []fault.Rule `json:"faults,omitempty" doc:"Rules that make requests go wrong on purpose; they count from anew after each change of the settings"`
	// Deviations name departures from the RFCs, see [deviation.All]. What they remember
	// is forgotten with each change of the settings.
	Deviations []string `json:"deviations,omitempty" doc:"Names of departures from the RFCs; what they remember is forgotten with each change of the settings"`
}

// check refuses settings that the server cannot follow.
func (s *Server) check(settings Settings) error {
	if _, known := s.config.Engines[settings.Engine]; !known && settings.Engine != "" && settings.Engine != OwnEngine {
		return scim.BadRequest("there is no engine %q; use one of %s", clip(settings.Engine), s.config.engineNames())
	}
	for i := range settings.Faults {
		if err := settings.Faults[i].Check(); err != nil {
			return scim.BadRequest("faults[%d]: %v", i, err)
		}
	}
	if _, known := imitationOf(settings.Imitate); !known {
		return scim.BadRequest("there is no imitation of %q; use one of %q", clip(settings.Imitate), imitationNames())
	}
	if _, _, err := settings.imitated(); err != nil {
		return scim.BadRequest("deviations: %v", err)
	}
	return nil
}

// Settings returns how the tenant behaves now.
func (t *Tenant) Settings() Settings { return t.settings.Load().Settings }

// activeSettings are settings with the faults and deviations that follow from them.
type activeSettings struct {
	Settings
	faults     *fault.Injector
	deviations *deviation.Set
}

// behave makes settings, which the server can follow, those that hold from now on.
func (t *Tenant) behave(s Settings) {
	s.Faults, s.Deviations = slices.Clone(s.Faults), slices.Clone(s.Deviations)
	faults, deviations, _ := s.imitated()
	t.settings.Store(&activeSettings{s, fault.New(faults), deviations})
}

// Configure changes how the tenant behaves from the next request on. change gets
// the present settings to alter. An error means that the server cannot follow them
// and that nothing has changed.
func (t *Tenant) Configure(change func(*Settings)) error {
	t.configuring.Lock()
	defer t.configuring.Unlock()
	settings := t.Settings()
	change(&settings)
	if err := t.server.check(settings); err != nil {
		return err
	}
	t.behave(settings)
	t.lint.forget()
	t.happened(EventSettings, "")
	return nil
}
