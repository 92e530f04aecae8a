package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/store"
)

// Held is a goodbye that waits for somebody to approve or reject it.
type Held struct {
	Subject
	Name     string     `json:"name,omitempty" doc:"The userName or displayName that the app knows"`
	RemoteID string     `json:"remoteId" doc:"The app's id of it"`
	Action   string     `json:"action" enum:"disable,delete,leave" doc:"What would be done; leave takes the members that it was given out of a group that the app had before"`
	Why      string     `json:"why" enum:"disabled,no access,left,removed" doc:"Why the app should not have it any more"`
	Reason   string     `json:"reason" doc:"Why it is held back"`
	Since    *time.Time `json:"since,omitempty"`
}

// Subject names a user or group of the directory.
type Subject struct {
	Kind string `json:"kind" enum:"User,Group"`
	ID   string `json:"id" doc:"The directory's id of the user or group"`
}

func (s Subject) key(app string) provisioner.Key {
	return provisioner.Key{App: app, Kind: provisioner.Kind(s.Kind), Subject: s.ID}
}

// Chosen says which of what is held is decided about.
type Chosen struct {
	Items []Subject `json:"items,omitempty" doc:"Those that are decided about"`
	All   bool      `json:"all,omitempty" doc:"Decide about everything that is held"`
}

// Decided says how many were decided about.
type Decided struct {
	Decided int `json:"decided"`
}

// Distrust says why goodbyes are held back, whatever their number.
type Distrust struct {
	Reason string     `json:"reason" minLength:"1" maxLength:"500" doc:"Such as: the LDAP server did not answer"`
	Since  *time.Time `json:"since,omitempty" readOnly:"true"`
}

func (s *server) registerGuard(api huma.API) {
	huma.Register(api, operation(http.MethodGet, "/apps/{app}/held", "list-held", "List what the guard holds back"), s.listHeld)
	huma.Register(api, operation(http.MethodPost, "/apps/{app}/held/approve", "approve-held", "Let goodbyes through that are held back"), s.decide((*store.Store).Approve))
	huma.Register(api, operation(http.MethodPost, "/apps/{app}/held/reject", "reject-held", "Keep what is held back as it is, until the directory wants something else"), s.decide((*store.Store).Reject))
	huma.Register(api, operation(http.MethodGet, "/directory/distrust", "get-distrust", "Read why the directory is not trusted with goodbyes"), s.getDistrust)
	huma.Register(api, operation(http.MethodPut, "/directory/distrust", "put-distrust", "Hold back all goodbyes in all apps, since the directory may be wrong"), s.putDistrust)
	huma.Register(api, operation(http.MethodDelete, "/directory/distrust", "delete-distrust", "Trust the directory again"), s.deleteDistrust)
}

type heldQuery struct {
	App string `path:"app" maxLength:"60" doc:"Name of the app"`
	Page
}

func (s *server) listHeld(ctx context.Context, in *heldQuery) (*body[list[Held]], error) {
	if _, err := s.config.Store.App(ctx, in.App); err != nil {
		return nil, s.problem(err, "app "+in.App)
	}
	held, err := s.config.Store.Held(ctx, in.App, in.after(in.App), in.Limit)
	if err != nil {
		return nil, s.problem(err, "what is held of "+in.App)
	}
	out := list[Held]{Items: make([]Held, 0, len(held))}
	for i := range held {
		h := &held[i]
		out.Items = append(out.Items, Held{
			Subject: Subject{Kind: string(h.Kind), ID: h.Key.Subject}, Name: h.Name, RemoteID: h.RemoteID,
			Action: string(h.Action), Why: string(h.Why), Reason: h.Reason, Since: moment(h.Since),
		})
	}
	return &body[list[Held]]{Body: out}, nil
}

type chosenInput struct {
	App  string `path:"app" maxLength:"60" doc:"Name of the app"`
	Body Chosen
}

// decide returns the handler of a decision about what is held.
func (s *server) decide(decide func(*store.Store, context.Context, string, ...provisioner.Key) (int, error)) func(context.Context, *chosenInput) (*body[Decided], error) {
	return func(ctx context.Context, in *chosenInput) (*body[Decided], error) {
		if in.Body.All == (len(in.Body.Items) > 0) {
			return nil, huma.Error422UnprocessableEntity("say what is decided about: either items, or all")
		}
		keys := make([]provisioner.Key, 0, len(in.Body.Items))
		for _, item := range in.Body.Items {
			keys = append(keys, item.key(in.App))
		}
		n, err := decide(s.config.Store, ctx, in.App, keys...)
		if err != nil {
			return nil, s.problem(err, "the decision about "+in.App)
		}
		return &body[Decided]{Body: Decided{Decided: n}}, nil
	}
}

func (s *server) getDistrust(ctx context.Context, _ *struct{}) (*body[Distrust], error) {
	reason, since, err := s.config.Store.Distrusted(ctx)
	if err != nil {
		return nil, s.problem(err, "the trust in the directory")
	}
	if reason == "" {
		return nil, huma.Error404NotFound("the directory is trusted")
	}
	return &body[Distrust]{Body: Distrust{Reason: reason, Since: moment(since)}}, nil
}

func (s *server) putDistrust(ctx context.Context, in *struct{ Body Distrust }) (*body[Distrust], error) {
	if err := s.config.Store.Distrust(ctx, in.Body.Reason); err != nil {
		return nil, s.problem(err, "the trust in the directory")
	}
	return s.getDistrust(ctx, nil)
}

func (s *server) deleteDistrust(ctx context.Context, _ *struct{}) (*struct{}, error) {
	if err := s.config.Store.Distrust(ctx, ""); err != nil {
		return nil, s.problem(err, "the trust in the directory")
	}
	return nil, nil
}
