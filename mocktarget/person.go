package mocktarget

import (
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A company makes the people of a population, one after the other.
type company struct {
	population  Population
	typ         *resourceType
	before      *root  // the state that the people are added to
	first       uint32 // slot of the first
	cultures    []culture
	departments []department
	staff       [][]ref           // by department, the one at its top first
	logins      map[string]int    // how often each was given away
	ascii       map[string]string // names as they stand in logins
	packing     []byte
}

const (
	reports    = 7 // how many people report to one
	mailDomain = "@example.com"
)

func newCompany(p Population, typ *resourceType, before *root) *company {
	c := &company{
		population: p, typ: typ, before: before, cultures: cultures(), departments: departments(),
		logins: map[string]int{}, ascii: map[string]string{},
	}
	if typ != nil {
		c.first = before.table(typ).records.next
	}
	c.staff = make([][]ref, len(c.departments))
	return c
}

// lot returns the id of a resource and the dice that decide about it.
func (c *company) lot(of ref) (id string, d dice) {
	d = dice(c.population.Seed)
	d = dice(d.next() ^ uint64(of))
	var b [16]byte
	for i := range b {
		b[i] = byte(d.next() >> 56)
	}
	return formatUUID(b, 8), d
}

// person makes the i-th user.
func (c *company) person(i int) *record {
	slot := c.first + uint32(i)
	id, d := c.lot(makeRef(c.typ, slot))
	document := c.resource(slot, &d)
	rec := &record{}
	c.packing = rec.keep(c.typ, c.packing, id, document)
	return rec
}

func (c *company) resource(slot uint32, d *dice) *scim.Object {
	culture := c.cultures[weighted(d, 100, c.cultures, func(c culture) int { return c.share })]
	office := pick(d, culture.offices)
	given, family := pickSkewed(d, culture.given), pickSkewed(d, culture.family)
	login := c.login(given, family)
	address := login + mailDomain
	job := c.job(slot, d)
	language, _, _ := strings.Cut(office.locale, "-")

	schemas := []any{scim.UserSchema}
	if c.typ.Extension(scim.EnterpriseUserSchema) != nil {
		schemas = append(schemas, scim.EnterpriseUserSchema)
	}
	fields := []scim.Field{
		{Name: "schemas", Value: schemas},
		{Name: "externalId", Value: "hr-" + employeeNumber(slot)},
		{Name: "userName", Value: address},
		{Name: "name", Value: scim.NewObject(
			scim.Field{Name: "formatted", Value: given + " " + family},
			scim.Field{Name: "familyName", Value: family},
			scim.Field{Name: "givenName", Value: given},
		)},
		{Name: "displayName", Value: given + " " + family},
		{Name: "title", Value: job.title},
		{Name: "userType", Value: job.kind},
		{Name: "preferredLanguage", Value: language},
		{Name: "locale", Value: office.locale},
		{Name: "timezone", Value: office.timezone},
		{Name: "active", Value: job.leads || !d.percent(4)},
		{Name: "emails", Value: emails(address, login, d)},
	}
	if phones := phones(office, d); len(phones) > 0 {
		fields = append(fields, scim.Field{Name: "phoneNumbers", Value: phones})
	}
	if d.percent(40) {
		fields = append(fields, scim.Field{Name: "addresses", Value: []any{postalAddress(office, d)}})
	}
	if len(schemas) > 1 {
		fields = append(fields, scim.Field{Name: scim.EnterpriseUserSchema, Value: job.extension(slot)})
	}
	return scim.NewObject(fields...)
}

func emails(work, login string, d *dice) []any {
	list := []any{scim.NewObject(
		scim.Field{Name: "value", Value: work}, scim.Field{Name: "type", Value: "work"}, scim.Field{Name: "primary", Value: true},
	)}
	if d.percent(35) {
		list = append(list, typed(login+"@"+pick(d, []string{"home.example", "mail.example", "example.net"}), "home"))
	}
	return list
}

func phones(at office, d *dice) []any {
	var list []any
	if d.percent(80) {
		list = append(list, typed(d.digits(at.phone), "work"))
	}
	if d.percent(30) {
		list = append(list, typed(d.digits(at.phone), "mobile"))
	}
	return list
}

func postalAddress(at office, d *dice) *scim.Object {
	o := scim.NewObject(
		scim.Field{Name: "type", Value: "work"},
		scim.Field{Name: "streetAddress", Value: strconv.Itoa(1+d.roll(240)) + " " + pick(d, at.streets)},
		scim.Field{Name: "locality", Value: at.city},
	)
	if at.region != "" {
		o.Set("region", at.region)
	}
	if at.postalCode != "" {
		o.Set("postalCode", d.digits(at.postalCode))
	}
	o.Set("country", at.country)
	return o
}

func typed(value, kind string) *scim.Object {
	return scim.NewObject(scim.Field{Name: "value", Value: value}, scim.Field{Name: "type", Value: kind})
}

// employeeNumber is different for each slot.
func employeeNumber(slot uint32) string { return strconv.FormatUint(100_000+uint64(slot), 10) }

// login returns a name to sign in with that nobody has: maria.garcia, then
// maria.garcia2 and so on.
func (c *company) login(given, family string) string {
	base := strings.Trim(c.spell(given)+"."+c.spell(family), ".")
	if base == "" {
		base = "user"
	}
	for {
		c.logins[base]++
		login := base
		if n := c.logins[base]; n > 1 {
			login += strconv.Itoa(n)
		}
		if c.before.table(c.typ).records.live() == 0 || c.before.named(c.typ, login+mailDomain) == nil {
			return login
		}
	}
}

// spell returns a name in small letters without accents. It is empty if nothing is
// left.
func (c *company) spell(name string) string {
	spelled, known := c.ascii[name]
	if !known {
		spelled = strings.NewReplacer("ø", "o", "ł", "l", "ð", "d", "þ", "th", "ß", "ss", "æ", "ae", "ı", "i").Replace(strings.ToLower(name))
		spelled = strings.Map(func(r rune) rune {
			if r == '-' || 'a' <= r && r <= 'z' {
				return r
			}
			return -1
		}, norm.NFD.String(spelled))
		c.ascii[name] = spelled
	}
	return spelled
}

// A job is what somebody does in the company.
type job struct {
	department
	title, kind string
	leads       bool   // others report to them
	manager     string // id, "" for the one at the top
}

// job finds work for the user in a slot. A department is a tree of managers, and those
// at its top report to the one who came first of all.
func (c *company) job(slot uint32, d *dice) job {
	if slot == c.first {
		return job{
			department: department{name: "Executive Office", division: "Corporate", costCenter: "1000"},
			title:      "Chief Executive Officer", kind: "Employee", leads: true,
		}
	}
	at := weighted(d, 1000, c.departments, departmentShare)
	colleagues := c.staff[at]
	j := job{department: c.departments[at], kind: "Employee"}
	manager := makeRef(c.typ, c.first)
	if rank := len(colleagues); rank == 0 {
		j.title, j.leads = j.head, true
	} else {
		manager = colleagues[(rank-1)/reports]
		j.title = pick(d, j.titles)
		if expected := c.population.Users * j.share / 1000; rank*reports+1 < expected {
			j.title, j.leads = j.boss, true
		} else if d.percent(10) {
			j.kind = pickSkewed(d, []string{"Contractor", "Intern"})
		}
	}
	j.manager, _ = c.lot(manager)
	c.staff[at] = append(colleagues, makeRef(c.typ, slot))
	return j
}

// extension returns the enterprise extension of the user in a slot, who has the job.
func (j job) extension(slot uint32) *scim.Object {
	o := scim.NewObject(
		scim.Field{Name: "employeeNumber", Value: employeeNumber(slot)},
		scim.Field{Name: "costCenter", Value: j.costCenter},
		scim.Field{Name: "organization", Value: "Example Corporation"},
		scim.Field{Name: "division", Value: j.division},
		scim.Field{Name: "department", Value: j.name},
	)
	if j.manager != "" {
		o.Set("manager", scim.NewObject(scim.Field{Name: "value", Value: j.manager}))
	}
	return o
}

// departmentShare is how many of 1000 people work in a department.
func departmentShare(d department) int { return d.share }

// dice decide the same way on every machine (the generator SplitMix64).
type dice uint64

func (d *dice) next() uint64 {
	*d += 0x9e3779b97f4a7c15
	n := uint64(*d)
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

// roll returns a number from 0 up to, but without, n.
func (d *dice) roll(n int) int { return int(d.next() >> 33 * uint64(n) >> 31) }

// percent reports true so many times out of 100.
func (d *dice) percent(n int) bool { return d.roll(100) < n }

// digits returns a pattern with a digit in the place of each "#".
func (d *dice) digits(pattern string) string {
	b := []byte(pattern)
	for i := range b {
		if b[i] == '#' {
			b[i] = byte('0' + d.roll(10))
		}
	}
	return string(b)
}

func pick[T any](d *dice, list []T) T { return list[d.roll(len(list))] }

// pickSkewed picks what is in front more often, as common names are.
func pickSkewed[T any](d *dice, list []T) T { return list[min(d.roll(len(list)), d.roll(len(list)))] }

// weighted picks a place in a list by the shares of a total.
func weighted[T any](d *dice, total int, list []T, share func(T) int) int {
	at := d.roll(total)
	for i := range list {
		if at -= share(list[i]); at < 0 {
			return i
		}
	}
	return len(list) - 1
}
