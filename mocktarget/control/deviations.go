package control

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/mocktarget/deviation"
)

// A Deviation is a departure from the RFCs that settings may name.
type Deviation struct {
	Name         string   `json:"name"`
	Area         string   `json:"area" doc:"Part of the protocol, as in the ids of checks"`
	Summary      string   `json:"summary"`
	Requirements []string `json:"requirements" nullable:"false" doc:"What it breaks; of a legal one, what leaves it open"`
	Legal        bool     `json:"legal" doc:"The RFCs allow it"`
}

func (a *API) registerDeviations(api huma.API) {
	huma.Register(api, operation(http.MethodGet, "/deviations", "list-deviations", "List the departures from the RFCs that settings may name"),
		func(context.Context, *struct{}) (*body[list[Deviation]], error) {
			var all []Deviation
			for _, d := range deviation.All() {
				all = append(all, Deviation{d.Name, d.Area, d.Summary, append([]string{}, d.Requirements...), d.Legal})
			}
			return &body[list[Deviation]]{Body: listed(all)}, nil
		})
}
