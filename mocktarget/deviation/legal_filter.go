package deviation

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// quoted is a text in a filter.
var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

func legalFilters() []Deviation {
	return []Deviation{
		{Name: "filter-unknown-finds-nothing", Summary: "A comparison of an attribute that there is not is met by nothing.", Requirements: ids("7644-3.4.2.2-R36"), Search: term(func(t *scim.AttributeExpression) bool {
			_, userErr := scim.UserType().Resolve(t.AttributePath)
			_, groupErr := scim.GroupType().Resolve(t.AttributePath)
			return userErr != nil && groupErr != nil && t.AttributePath.URIPrefix == nil && slices.Contains([]string{"shoeSize", "doesNotExist", "noSuchAttribute"}, t.AttributePath.AttributeName)
		}, nothing)},
		{Name: "filter-brackets-refused", Summary: "Brackets in filters are refused.", Requirements: ids("7644-3.4.2.2-R21"), Search: func(r *Request, v url.Values) {
			if strings.Contains(quoted.ReplaceAllString(v.Get("filter"), ""), "[") {
				r.Instead = refusal(scim.InvalidFilter("brackets are not supported"))
			}
		}},
		{Name: "filter-few-comparisons", Summary: "Nothing but names, externalId and id can be filtered by, and only for equality; other comparisons are refused.", Requirements: ids("7644-3.12-R16"), Search: func(r *Request, v url.Values) {
			e, err := scim.ParseFilter(v.Get("filter"))
			if err != nil || !v.Has("filter") {
				return
			}
			terms(e, func(t *scim.AttributeExpression) scim.Expression {
				if !strings.EqualFold(string(t.Operator), "eq") || !slices.Contains([]string{"username", "displayname", "externalid", "id"}, strings.ToLower(t.AttributePath.String())) {
					r.Instead = refusal(scim.InvalidFilter("this comparison is not supported"))
				}
				return t
			})
		}},
		{Name: "filter-secret-answers-400", Summary: "A filter on a password is refused with 400.", Requirements: ids("7644-7.5.2-R2"), Respond: func(r *Request, p *Response) {
			if r.Is(List) && p.Status == 403 && strings.Contains(string(p.Body), "sensitive") {
				status(400)(p)
				scimType("invalidFilter")(p)
			}
		}},
	}
}
