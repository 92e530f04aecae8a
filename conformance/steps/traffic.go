package steps

import (
	"context"
	"fmt"
	"net/http"
)

// trafficWords are the sentences about what the provisioner has sent, and about
// what it says of itself.
func (s *scenario) trafficWords() []definition {
	return []definition{
		define(`nothing is written to the app`, `nothing is written to the app`,
			"Counts the writes since everything was quiet last, refused ones too.",
			s.nothingWritten),
		define(`the app is written to exactly (once|twice)`, `the app is written to exactly once`,
			"Counts the writes that the app has carried out since everything was quiet last.",
			s.writtenTo),
		define(`nothing was ever deleted in the app`, `nothing was ever deleted in the app`,
			"Demands that the provisioner has sent no DELETE in the whole scenario.",
			s.nothingDeleted),
		define(nick+`'s account was created under the directory's id`, `barbara's account was created under the directory's id`,
			`Demands that the create carried the directory's id of the person as "externalId".`,
			s.createdUnderID),
		define(`everything is reported as delivered`, `everything is reported as delivered`,
			"Demands that the provisioner reports nobody and no group as failed.",
			s.allDelivered),
		define(nick+` is reported as not delivered`, `barbara is reported as not delivered`,
			"Demands that the provisioner reports the person as failed, with a reason.",
			s.personUndelivered),
		define(`the group `+nick+` is reported as not delivered`, `the group engineers is reported as not delivered`,
			"Demands that the provisioner reports the group as failed, with a reason.",
			s.groupUndelivered),
	}
}

func explainWrite(x Exchange) string {
	text := x.Request.Method + " " + x.Request.path()
	if x.Answer == nil {
		return text + ", which was not answered"
	}
	return fmt.Sprintf("%s, which was answered with %d", text, x.Answer.Status)
}

func (s *scenario) nothingWritten(ctx context.Context) error {
	if err := s.quiet(ctx); err != nil {
		return err
	}
	written := s.tape.since(s.mark, func(x *Exchange) bool { return x.Request.writes() })
	if len(written) > 0 {
		return failf("the app was written to %d times, first with %s", len(written), explainWrite(written[0]))
	}
	return nil
}

func (s *scenario) writtenTo(ctx context.Context, often string) error {
	if err := s.quiet(ctx); err != nil {
		return err
	}
	want := 1
	if often == "twice" {
		want = 2
	}
	written := s.tape.since(s.mark, func(x *Exchange) bool { return x.Request.writes() && x.accepted() })
	if len(written) == want {
		return nil
	}
	text := ""
	for _, x := range written {
		text += "; " + explainWrite(x)
	}
	return failf("the app was written to %d times, not %s%s", len(written), often, text)
}

func (s *scenario) nothingDeleted(ctx context.Context) error {
	if err := s.quiet(ctx); err != nil {
		return err
	}
	deleted := s.tape.since(0, func(x *Exchange) bool { return x.Request.Method == http.MethodDelete })
	if len(deleted) > 0 {
		return failf("something was deleted: %s", explainWrite(deleted[0]))
	}
	return nil
}

func (s *scenario) createdUnderID(ctx context.Context, nick string) error {
	p, err := s.inDirectory(nick)
	if err != nil {
		return err
	}
	if err := s.quiet(ctx); err != nil {
		return err
	}
	creates := s.tape.since(0, func(x *Exchange) bool {
		return x.Request.Method == http.MethodPost && x.accepted() && len(x.Request.Path) == 1 && x.Request.Path[0] == users
	})
	for _, x := range creates {
		body := (&Answer{Body: x.Request.Body}).object()
		if body.text("userName") != p.userName() {
			continue
		}
		if got := body.text("externalId"); got != p.id {
			return failf("%s's account was created with the externalId %q, not the directory's %q", nick, got, p.id)
		}
		return nil
	}
	return failf("no account was created for %s", nick)
}

func (s *scenario) allDelivered(ctx context.Context) error {
	if err := s.quiet(ctx); err != nil {
		return err
	}
	if why := s.undelivered(); why != "" {
		return failf("%s", why)
	}
	return nil
}

func (s *scenario) personUndelivered(ctx context.Context, nick string) error {
	p, err := s.known(nick)
	if err != nil {
		return err
	}
	return s.notDelivered(ctx, KindUser, p.id, nick)
}

func (s *scenario) groupUndelivered(ctx context.Context, nick string) error {
	g, err := s.knownGroup(nick)
	if err != nil {
		return err
	}
	return s.notDelivered(ctx, KindGroup, g.id, "the group "+nick)
}

func (s *scenario) notDelivered(ctx context.Context, kind Kind, id, name string) error {
	if err := s.quiet(ctx); err != nil {
		return err
	}
	for _, x := range s.subjects {
		if x.Kind != kind || x.ID != id {
			continue
		}
		switch {
		case x.delivered():
			return failf("%s is reported as %s, as if it had been delivered", name, x.State)
		case x.Reason == "":
			return failf("%s is reported as %s without a reason", name, x.State)
		}
		return nil
	}
	return failf("%s is not reported at all", name)
}
