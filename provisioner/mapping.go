package provisioner

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A MappingRule makes one attribute of a user in the app. Exactly one of From,
// Constant and Template says where the value comes from. Of several rules for one
// attribute the first that has a value makes it.
type MappingRule struct {
	// To is the attribute in the app: a path such as name.givenName,
	// emails[type eq "work"].value, urn:…:User:department, or a whole attribute such
	// as emails. The app may have schemas of its own. "*" with From "*" gives every
	// attribute of the directory that no other rule makes, as it is.
	To string `json:"to"`
	// From is an attribute of the directory, as a path; one without a value leaves
	// To unassigned. A part of a multi-valued attribute, such as emails.value, is
	// that of the primary value, or else of the first. "id" is the directory's id.
	From string `json:"from,omitzero"`
	// Constant is a JSON value that everybody has.
	Constant json.RawMessage `json:"constant,omitempty"`
	// Template is a text with attributes of the directory in braces, such as
	// "{name.givenName} {name.familyName}"; {{ and }} are braces. If none of them has
	// a value To is unassigned.
	Template string `json:"template,omitzero"`
	// CreateOnly gives the attribute to new accounts and never changes it again.
	CreateOnly bool `json:"createOnly,omitzero"`
}

// Source says in one line where the value comes from.
func (r *MappingRule) Source() string {
	switch {
	case r.From != "":
		return "from " + r.From
	case r.Template != "":
		return fmt.Sprintf("made as %q", r.Template)
	default:
		return "always " + string(r.Constant)
	}
}

// A mapping is the rules of an app, read once for all users.
type mapping struct {
	rules []rule
	// rest says that what no rule makes is given as it is.
	rest bool
	// made are the attributes that rules make, by [valuePath.attribute] in small
	// letters.
	made map[string]bool
	// reads are the attributes of the directory that rules use, in small letters:
	// core attributes and URNs of extensions.
	reads map[string]bool
}

// A rule is a rule that makes sense.
type rule struct {
	to valuePath
	// One of from, constant and template has the value. takesID says that from is
	// the directory's own id.
	from       *valuePath
	takesID    bool
	constant   any
	template   []fragment
	createOnly bool
}

// A fragment of a template is a text, or the value at a path.
type fragment struct {
	text    string
	path    *valuePath
	takesID bool
}

// compileMapping reads rules. The error names each rule that makes no sense and
// says why. No rules at all leave everything in the directory as it is.
func compileMapping(rules []MappingRule) (*mapping, error) {
	m := &mapping{
		rest: len(rules) == 0,
		made: map[string]bool{}, reads: map[string]bool{"externalid": true, "active": true},
	}
	var problems []error
	for i := range rules {
		if rules[i].To == "*" && rules[i].From == "*" && !rules[i].CreateOnly {
			m.rest = true
			continue
		}
		r, err := compileRule(&rules[i])
		if err == nil {
			err = m.fits(&r)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("mapping rule %d, to %q: %w", i+1, rules[i].To, err))
			continue
		}
		m.add(r)
	}
	if !m.rest && !m.made["username"] && len(problems) == 0 {
		problems = append(problems, errors.New(`mapping makes no userName, which every account needs: add {"to": "userName", "from": "userName"}`))
	}
	return m, joinProblems(problems)
}

// joinProblems puts everything that is wrong into one line.
func joinProblems(problems []error) error {
	if len(problems) == 0 {
		return nil
	}
	texts := make([]string, len(problems))
	for i, p := range problems {
		texts[i] = p.Error()
	}
	return errors.New(strings.Join(texts, "; "))
}

func (m *mapping) add(r rule) {
	m.rules = append(m.rules, r)
	m.made[strings.ToLower(r.to.attribute())] = true
	read := func(p *valuePath) {
		if p == nil {
			return
		}
		name := p.ref.Attribute.Name
		if p.ref.Extension != nil {
			name = p.ref.Extension.ID
		}
		m.reads[strings.ToLower(name)] = true
	}
	read(r.from)
	for i := range r.template {
		read(r.template[i].path)
	}
}

// fits checks a rule against those before it.
func (m *mapping) fits(r *rule) error {
	for i := range m.rules {
		other := &m.rules[i]
		switch {
		case r.to.key() == other.to.key() && r.createOnly != other.createOnly:
			return errors.New("another rule for it differs in createOnly: set it on both or on none")
		case r.to.attribute() != other.to.attribute():
		case r.to.inElement() && r.createOnly != other.createOnly:
			return fmt.Errorf("the rule for %q differs in createOnly: %s is given to new accounts only as a whole, or not", other.to.text, r.to.attribute())
		case (r.to.ref.Sub == nil) != (other.to.ref.Sub == nil):
			return fmt.Errorf("another rule makes %q: make the whole attribute or its parts, not both", other.to.text)
		}
	}
	return nil
}

func compileRule(in *MappingRule) (rule, error) {
	r := rule{createOnly: in.CreateOnly}
	userType := scim.UserType()
	var err error
	if r.to, err = parseValuePath(userType, in.To); err != nil {
		return r, err
	}
	if err := r.checkTarget(); err != nil {
		return r, err
	}
	switch {
	case in.From != "" && in.Template == "" && in.Constant == nil:
		return r, r.compileFrom(userType, in.From)
	case in.From == "" && in.Template != "" && in.Constant == nil:
		return r, r.compileTemplate(userType, in.Template)
	case in.From == "" && in.Template == "" && in.Constant != nil:
		return r, r.compileConstant(in.Constant)
	default:
		return r, errors.New("give one of from, constant and template")
	}
}

// checkTarget refuses attributes that are not a mapping's to make.
func (r *rule) checkTarget() error {
	attr := r.to.ref.Attribute
	name := strings.ToLower(attr.Name)
	switch {
	case r.to.invented():
		return nil
	case r.to.ref.Extension == nil && name == "active":
		return errors.New("is decided by the person's state and access: remove the rule")
	case name == "password":
		return errors.New("apps are never given passwords: remove the rule")
	case r.to.ref.Extension == nil && notProvisioned[name], r.to.ref.Target().Mutability == scim.ReadOnly:
		return errors.New("is set by the app alone: remove the rule")
	case r.to.ref.Sub == nil && r.to.match != nil:
		return fmt.Errorf("name a part of it, such as %s.%s", r.to.text, attr.Sub[0].Name)
	default:
		return nil
	}
}

// source reads a path into the directory.
func source(rt *scim.ResourceType, text string) (path *valuePath, takesID bool, err error) {
	p, err := parseValuePath(rt, text)
	switch {
	case err != nil:
		return nil, false, fmt.Errorf("%q %w", text, err)
	case p.invented():
		return nil, false, fmt.Errorf("%q: the directory has no schema %s", text, p.ref.Extension.ID)
	case p.key() == "id":
		return nil, true, nil
	case p.ref.Extension == nil && notProvisioned[strings.ToLower(p.ref.Attribute.Name)]:
		return nil, false, fmt.Errorf("%q is not an attribute of the directory", text)
	default:
		return &p, false, nil
	}
}

func (r *rule) compileFrom(rt *scim.ResourceType, text string) (err error) {
	if r.from, r.takesID, err = source(rt, text); err != nil {
		return err
	}
	to := r.to.ref.Target()
	if r.to.invented() || r.takesID && isText(to) {
		return nil
	}
	if r.takesID {
		return fmt.Errorf("is %s, and the id is a string", article(to.Type))
	}
	from := r.from.ref.Target()
	sameAttribute := r.to.attribute() == r.from.attribute()
	switch {
	case r.to.list() && !r.from.list():
		return fmt.Errorf("holds several values and %q is one: make a part of it, such as %s[type eq \"work\"].value", text, r.to.ref.Attribute.Name)
	case r.from.list() && !r.to.list():
		return fmt.Errorf("%q has several values: choose one, such as %s[type eq \"work\"].value", text, r.from.ref.Attribute.Name)
	case (to.Type == scim.TypeComplex || from.Type == scim.TypeComplex) && !sameAttribute:
		return fmt.Errorf("%q does not have its parts: map each part by a rule of its own", text)
	case to.Type != from.Type && !(isText(to) && isText(from)):
		return fmt.Errorf("is %s, and %q is %s", article(to.Type), text, article(from.Type))
	default:
		return nil
	}
}

// isText reports whether an attribute's values are JSON strings.
func isText(a *scim.Attribute) bool {
	switch a.Type {
	case scim.TypeString, scim.TypeReference, scim.TypeDateTime, scim.TypeBinary:
		return true
	default:
		return false
	}
}

func (r *rule) compileConstant(text json.RawMessage) error {
	o, err := scim.ParseObject(slices.Concat([]byte(`{"value":`), text, []byte("}")))
	if err != nil {
		return fmt.Errorf("constant %s is not a JSON value", text)
	}
	r.constant = o.Get("value")
	if scim.Unassigned(r.constant) {
		return fmt.Errorf("constant %s is no value: remove the rule", text)
	}
	if r.to.invented() {
		return nil
	}
	if r.to.list() {
		if _, ok := r.constant.([]any); !ok {
			return fmt.Errorf("constant %s is not an array", text)
		}
	}
	checked, err := r.to.ref.Target().Check(r.constant)
	if err != nil {
		return fmt.Errorf("constant %s: %s", text, detail(err))
	}
	if r.to.list() {
		r.constant = checked
	}
	return nil
}

func (r *rule) compileTemplate(rt *scim.ResourceType, text string) error {
	if !r.to.invented() && !isText(r.to.ref.Target()) || r.to.list() {
		return errors.New("is not one text, and a template makes one")
	}
	var err error
	if r.template, err = parseTemplate(rt, text); err != nil {
		return err
	}
	if !slices.ContainsFunc(r.template, fragment.varies) {
		return fmt.Errorf("template %q names no attribute in braces: use constant", text)
	}
	return nil
}

func (f fragment) varies() bool { return f.path != nil || f.takesID }

func parseTemplate(rt *scim.ResourceType, text string) (fragments []fragment, err error) {
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			fragments = append(fragments, fragment{text: literal.String()})
			literal.Reset()
		}
	}
	for rest := text; rest != ""; {
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			i = len(rest)
		}
		literal.WriteString(rest[:i])
		rest = rest[i:]
		switch {
		case rest == "":
		case strings.HasPrefix(rest, "{{"), strings.HasPrefix(rest, "}}"):
			literal.WriteByte(rest[0])
			rest = rest[2:]
		case rest[0] == '}':
			return nil, fmt.Errorf("template %q has a } without a {: write }} for a brace", text)
		default:
			path, after, closed := strings.Cut(rest[1:], "}")
			if !closed {
				return nil, fmt.Errorf("template %q has a { without a }: write {{ for a brace", text)
			}
			flush()
			f := fragment{}
			if f.path, f.takesID, err = source(rt, strings.TrimSpace(path)); err != nil {
				return nil, fmt.Errorf("template: %w", err)
			}
			if f.path != nil && (f.path.list() || f.path.ref.Target().Type == scim.TypeComplex) {
				return nil, fmt.Errorf("template: %q is not one value: name a part of it", path)
			}
			fragments, rest = append(fragments, f), after
		}
	}
	flush()
	return fragments, nil
}

// differs reports whether a change of a user's attributes can make a difference to
// an app of this mapping.
func (m *mapping) differs(before, after *scim.Object) bool {
	for _, pair := range [][2]*scim.Object{{before, after}, {after, before}} {
		for name, value := range pair[0].All() {
			folded := strings.ToLower(name)
			if m.rest && notProvisioned[folded] || !m.rest && !m.reads[folded] {
				continue
			}
			if !scim.Equal(value, pair[1].Get(name)) {
				return true
			}
		}
	}
	return false
}

// payload returns what an app is given of a user, and what a new account is given,
// which has the attributes that are for creating only as well.
func (m *mapping) payload(u *User, managerRemoteID string) (payload, initial *scim.Object) {
	payload = m.apply(u, managerRemoteID, false)
	if slices.ContainsFunc(m.rules, func(r rule) bool { return r.createOnly }) {
		return payload, m.apply(u, managerRemoteID, true)
	}
	return payload, payload
}

// apply makes the attributes of a user, with or without those for creating only.
func (m *mapping) apply(u *User, managerRemoteID string, create bool) *scim.Object {
	out := scim.NewObject(scim.Field{Name: "schemas"}, scim.Field{Name: "externalId", Value: u.ID})
	if m.rest {
		m.copyRest(out, u.Attributes)
	} else if id := u.Attributes.ExternalID(); id != "" {
		out.Set("externalId", id)
	}
	elements := map[string]*scim.Object{}
	made, filled := map[string]bool{}, map[string]bool{} // paths; elements that hold more than constants
	var constants []*rule
	for i := range m.rules {
		r := &m.rules[i]
		switch {
		case r.createOnly && !create || made[r.to.key()]:
			continue
		case r.constant != nil && r.to.inElement():
			constants = append(constants, r)
			continue
		}
		if value := r.value(u); !scim.Unassigned(value) && value != "" {
			made[r.to.key()], filled[r.to.elementKey()] = true, true
			r.to.set(out, elements, value)
		}
	}
	m.addConstants(out, elements, constants, made, filled)
	out.Set("active", u.Active())
	if enterprise := out.Object(scim.EnterpriseUserSchema); enterprise.Object("manager") != nil {
		setManager(enterprise, managerRemoteID)
	}
	listSchemas(out, scim.UserSchema)
	return out
}

// copyRest gives the attributes that no rule makes as they are.
func (m *mapping) copyRest(out, attributes *scim.Object) {
	for name, value := range attributes.All() {
		if m.made[strings.ToLower(name)] {
			continue
		}
		extension, ok := value.(*scim.Object)
		if !isURN(name) || !ok || len(m.made) == 0 {
			copyAttribute(out, name, value)
			continue
		}
		rest := scim.NewObject()
		for sub, value := range extension.All() {
			if !m.made[strings.ToLower(name+":"+sub)] {
				copyAttribute(rest, sub, value)
			}
		}
		copyAttribute(out, name, rest)
	}
}

// withoutCreateOnly returns what an app holds less the attributes that it was given
// when the account was made: they are no business of ours any more.
func (m *mapping) withoutCreateOnly(held *scim.Object) *scim.Object {
	if held == nil || !slices.ContainsFunc(m.rules, func(r rule) bool { return r.createOnly }) {
		return held
	}
	held = held.Clone()
	for i := range m.rules {
		if m.rules[i].createOnly {
			m.rules[i].to.clear(held)
		}
	}
	listSchemas(held, scim.UserSchema)
	return held
}

// addConstants sets the constant parts of elements. They do not make an element
// that lacks what other rules would have put into it.
func (m *mapping) addConstants(out *scim.Object, elements map[string]*scim.Object, constants []*rule, made, filled map[string]bool) {
	for _, r := range constants {
		key := r.to.elementKey()
		varies := slices.ContainsFunc(m.rules, func(other rule) bool { return other.constant == nil && other.to.elementKey() == key })
		if made[r.to.key()] || varies && !filled[key] {
			continue
		}
		made[r.to.key()] = true
		r.to.set(out, elements, scim.CloneValue(r.constant))
	}
}

// value returns what the rule makes of a user, nil if that is nothing.
func (r *rule) value(u *User) any {
	switch {
	case r.takesID:
		return u.ID
	case r.from != nil:
		return scim.CloneValue(r.from.get(u.Attributes))
	case r.template != nil:
		return r.expand(u)
	default:
		return scim.CloneValue(r.constant)
	}
}

// expand fills in a template. Where a value is missing, the blanks around it go too.
func (r *rule) expand(u *User) any {
	var b strings.Builder
	found, missing := false, false
	for _, f := range r.template {
		text := f.text
		if f.varies() {
			if text = u.ID; f.path != nil {
				text = display(f.path.get(u.Attributes))
			}
			found, missing = found || text != "", missing || text == ""
		}
		b.WriteString(text)
	}
	switch {
	case !found:
		return nil
	case missing:
		return strings.Join(strings.Fields(b.String()), " ")
	default:
		return b.String()
	}
}

// display writes a single value as text.
func display(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		return fmt.Sprint(v)
	}
}
