package deviation

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// Hooks that many rows of the tables share.

// ids completes the ids of requirements.
func ids(short ...string) []string {
	for i := range short {
		short[i] = "RFC" + short[i]
	}
	return short
}

// answers changes answers of a status, 0 for all that are no errors, to requests of
// one kind.
func answers(kind Kind, status int, changes ...func(*Response)) func(*Request, *Response) {
	return func(r *Request, p *Response) {
		if r.Kind() != kind || p.Status != status && (status != 0 || !p.OK()) {
			return
		}
		for _, change := range changes {
			change(p)
		}
	}
}

// errors changes all errors.
func errors(changes ...func(*Response)) func(*Request, *Response) {
	return func(_ *Request, p *Response) {
		if p.Status < 400 {
			return
		}
		for _, change := range changes {
			change(p)
		}
	}
}

// status gives an answer another status, which an error says in its body too.
func status(to int) func(*Response) {
	return func(p *Response) {
		if p.Status = to; to >= 400 {
			p.Edit(func(o *scim.Object) { o.Set("status", itoa(to)) })
		}
	}
}

// scimType gives an error another keyword, "" for none.
func scimType(to string) func(*Response) {
	return edit(func(o *scim.Object) {
		if o.Delete("scimType"); to != "" {
			o.Set("scimType", to)
		}
	})
}

// empty takes the body away and makes the status 204.
func empty(p *Response) {
	p.Status, p.Body = http.StatusNoContent, nil
	p.Header.Del("Content-Type")
}

// without takes a header field away.
func without(name string) func(*Response) { return func(p *Response) { p.Header.Del(name) } }

// edit changes the body.
func edit(change func(*scim.Object)) func(*Response) {
	return func(p *Response) { p.Edit(change) }
}

// drop takes an attribute away.
func drop(name string) func(*scim.Object) { return func(o *scim.Object) { o.Delete(name) } }

// set gives an attribute a value.
func set(name string, value any) func(*scim.Object) {
	return func(o *scim.Object) { o.Set(name, value) }
}

// meta changes the meta attribute of a resource.
func meta(change func(*scim.Object)) func(*Request, *scim.Object) {
	return func(_ *Request, o *scim.Object) {
		if m := o.Object("meta"); m != nil {
			change(m)
		}
	}
}

// resource makes a change one of every resource in every answer.
func resource(change func(*scim.Object)) func(*Request, *scim.Object) {
	return func(_ *Request, o *scim.Object) { change(o) }
}

// body changes the body of requests of one kind.
func body(kind Kind, change func(*scim.Object)) func(*Request) {
	return func(r *Request) {
		if r.Kind() == kind {
			r.Edit(change)
		}
	}
}

// ignore leaves parameters out of searches and out of the URL.
func ignore(names ...string) func(*Request) {
	return func(r *Request) {
		for _, name := range names {
			r.Query.Del(name)
		}
	}
}

// instead answers requests of one kind with an error.
func instead(kind Kind, code int, detail string) func(*Request) {
	return func(r *Request) {
		if r.Kind() == kind {
			r.Instead = refusal(scim.Status(code, "%s", detail))
		}
	}
}

// filter changes the filter of searches, if it can be read.
func filter(change func(scim.Expression) scim.Expression) func(*Request, url.Values) {
	return func(_ *Request, values url.Values) {
		e, err := scim.ParseFilter(values.Get("filter"))
		if err != nil {
			return
		}
		if e = change(e); e == nil {
			values.Del("filter")
			return
		}
		values.Set("filter", scim.FormatFilter(e))
	}
}

// terms changes each comparison in an expression, those in brackets too.
func terms(e scim.Expression, change func(*scim.AttributeExpression) scim.Expression) scim.Expression {
	switch e := e.(type) {
	case *scim.LogicalExpression:
		return &scim.LogicalExpression{Left: terms(e.Left, change), Right: terms(e.Right, change), Operator: e.Operator}
	case *scim.NotExpression:
		return &scim.NotExpression{Expression: terms(e.Expression, change)}
	case *scim.ValuePath:
		return &scim.ValuePath{AttributePath: e.AttributePath, ValueFilter: terms(e.ValueFilter, change)}
	case *scim.AttributeExpression:
		return change(e)
	default:
		return e
	}
}

// operator has one operator do the work of another.
func operator(from, to scim.CompareOperator) func(*Request, url.Values) {
	return filter(func(e scim.Expression) scim.Expression {
		return terms(e, func(t *scim.AttributeExpression) scim.Expression {
			if t.Operator != from {
				return t
			}
			c := *t
			c.Operator = to
			return &c
		})
	})
}

// operations changes each operation of a patch.
func operations(change func(*Request, *scim.Operation)) func(*Request, *scim.Patch) {
	return func(r *Request, p *scim.Patch) {
		for i := range p.Operations {
			change(r, &p.Operations[i])
		}
	}
}

// attribute returns the name that the path of an operation begins with.
func attribute(op *scim.Operation) string {
	if op.Path == nil {
		return ""
	}
	return op.Path.AttributePath.AttributeName
}

// repath gives an operation another path.
func repath(op *scim.Operation, text string) {
	path, err := scim.ParsePath(text)
	if err != nil {
		panic(err) // written in a table
	}
	op.PathText, op.Path = text, &path
}

// elements returns the objects in a multi-valued attribute.
func elements(o *scim.Object, name string) []*scim.Object {
	var list []*scim.Object
	for _, v := range o.Array(name) {
		if e, ok := v.(*scim.Object); ok {
			list = append(list, e)
		}
	}
	return list
}

// resources returns the resources of a list.
func resources(o *scim.Object) []*scim.Object { return elements(o, "Resources") }

// setResources gives a list other resources.
func setResources(o *scim.Object, list []*scim.Object) {
	values := make([]any, len(list))
	for i := range list {
		values[i] = list[i]
	}
	o.Set("Resources", values)
}

// listed changes the answers to lists and searches.
func listed(change func(*Request, *scim.Object)) func(*Request, *Response) {
	return func(r *Request, p *Response) {
		if r.Is(List, Search) && p.OK() {
			p.Edit(func(o *scim.Object) { change(r, o) })
		}
	}
}

// isUser reports whether the request is about users.
func isUser(r *Request) bool { return strings.EqualFold(r.Endpoint(), "/Users") }

// isGroup reports whether the request is about groups.
func isGroup(r *Request) bool { return strings.EqualFold(r.Endpoint(), "/Groups") }

func itoa(n int) string { return strconv.Itoa(n) }

// atoi returns the number that text is, 0 if it is none.
func atoi(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// ms returns a number of milliseconds.
func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

func number(n int) json.Number { return json.Number(itoa(n)) }
