package provisioner_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
)

func TestAcmeDirectory(t *testing.T) {
	f, err := os.Open("../testdata/directory/acme.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d, err := provisioner.ReadDirectory(f, provisioner.FormatJSON)
	if err != nil {
		t.Fatal(err)
	}
	active := map[string]bool{}
	managed := 0
	for _, u := range d.Users {
		if u.Active() {
			active[u.ID] = true
		}
		if u.Manager() != "" {
			managed++
		}
	}
	if len(d.Users) != 62 || len(active) != 60 || managed != 61 {
		t.Errorf("%d users, %d active, %d with a manager; want 62, 60, 61", len(d.Users), len(active), managed)
	}
	var empty, everybody, overlapping int
	for i, g := range d.Groups {
		switch {
		case len(g.Members) == 0:
			empty++
		case len(g.Members) == 60 && !slices.ContainsFunc(g.Members, func(id string) bool { return !active[id] }):
			everybody++
			continue // overlaps with all
		}
		for _, other := range d.Groups[i+1:] {
			if slices.ContainsFunc(g.Members, func(id string) bool { return slices.Contains(other.Members, id) }) {
				overlapping++
			}
		}
	}
	if len(d.Groups) != 8 || empty != 1 || everybody != 1 || overlapping == 0 {
		t.Errorf("%d groups, %d empty, %d with everybody, %d overlaps; want 8, 1, 1, some", len(d.Groups), empty, everybody, overlapping)
	}
}

const twoUsers = `{"users": [
  {"ID": "u1", "USERNAME": "zoë@acme.example", "name": {"givenname": "Zoë", "familyName": "O'Hara"},
   "emails": [{"type": "work", "value": "zoë@acme.example", "primary": true}, {"type": "home", "value": "zoe@home.example"}],
   "active": true, "meta": {"resourceType": "User"}, "groups": [{"value": "g1"}], "nickName": null,
   "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user": {"department": "R&D", "manager": {"value": "u2", "displayName": "Ann"}}},
  {"id": "u2", "userName": "ann@acme.example", "active": false}
]}`

const twoUserLines = `
{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "u1", "userName": "zoë@acme.example", "name": {"givenName": "Zoë", "familyName": "O'Hara"}, "emails": [{"type": "work", "value": "zoë@acme.example", "primary": true}, {"type": "home", "value": "zoe@home.example"}], "active": true, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "R&D", "manager": {"value": "u2"}}}

{"id": "u2", "userName": "ann@acme.example", "active": false}`

const twoUserRows = "\ufeff" + `id,userName,name.givenName,name.familyName,"emails[type eq ""work""].value","emails[type eq ""work""].primary","emails[type eq ""home""].value",active,urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department,urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value
u1,zoë@acme.example,Zoë,O'Hara,zoë@acme.example,true,zoe@home.example,TRUE,R&D,u2
u2,ann@acme.example,,,,,,false,,
`

func TestReadDirectoryFormats(t *testing.T) {
	want := read(t, provisioner.FormatJSON, twoUsers)
	if u := want.Users[0]; u.ID != "u1" || u.Manager() != "u2" || u.Attributes.Get("groups") != nil || u.Attributes.Get("id") != nil {
		t.Errorf("the first user is %s with %s", u.ID, u.Attributes.AppendJSON(nil))
	}
	if got := string(want.Users[0].Attributes.AppendJSON(nil)); !strings.HasPrefix(got, `{"userName":"zoë@acme.example","name":{"givenName":"Zoë"`) {
		t.Errorf("names are not in the schema's spelling: %s", got)
	}
	for format, text := range map[provisioner.Format]string{
		provisioner.FormatNDJSON: twoUserLines,
		provisioner.FormatCSV:    twoUserRows,
	} {
		got := read(t, format, text)
		for i := range want.Users {
			if got.Users[i].ID != want.Users[i].ID || !scim.Equal(got.Users[i].Attributes, want.Users[i].Attributes) {
				t.Errorf("%s: user %d is\n%s\nwant\n%s", format, i, got.Users[i].Attributes.AppendJSON(nil), want.Users[i].Attributes.AppendJSON(nil))
			}
		}
	}
}

func TestReadDirectoryGroups(t *testing.T) {
	d := read(t, provisioner.FormatNDJSON, `
{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "id": "g1", "displayName": "One", "members": [{"value": "u1"}, {"value": "u1", "type": "User"}]}
{"resourceType": "group", "id": "g2", "displayName": "Two"}
{"meta": {"resourceType": "Group"}, "id": "u1", "displayName": "Three", "members": []}
{"id": "u1", "userName": "a"}`)
	if len(d.Users) != 1 || len(d.Groups) != 3 {
		t.Fatalf("%d users, %d groups; want 1 and 3", len(d.Users), len(d.Groups))
	}
	if m := d.Groups[0].Members; !slices.Equal(m, []string{"u1"}) {
		t.Errorf("members %q, want u1 once", m)
	}
	if d.Groups[0].Attributes.Get("members") != nil {
		t.Error("members are kept twice")
	}
}

// TestReadNestedGroups reads groups in groups from every format.
func TestReadNestedGroups(t *testing.T) {
	for format, text := range map[provisioner.Format]string{
		provisioner.FormatJSON: `{"groups": [
			{"id": "g1", "displayName": "One", "members": [{"value": "g2"}, {"value": "u1"}, {"value": "x"}, {"value": "x", "type": "Group"}, {"value": "g2"}]},
			{"id": "g2", "displayName": "Two", "members": [{"value": "g1"}]}, {"id": "x", "displayName": "Three"}],
			"users": [{"id": "u1", "userName": "ann"}, {"id": "x", "userName": "xe"}]}`,
		provisioner.FormatCSV: `id,resourceType,userName,displayName,members
g1,Group,,One,g2; u1;;x
u1,,ann,,
x,User,xe,,
g2,group,,Two,g1
`,
	} {
		d := read(t, format, text)
		if len(d.Users) != 2 || len(d.Groups) < 2 {
			t.Fatalf("%s: %d users and %d groups", format, len(d.Users), len(d.Groups))
		}
		wantGroups := []string{"g2"}
		if format == provisioner.FormatJSON {
			wantGroups = []string{"g2", "x"}
		}
		if g := d.Groups[0]; !slices.Equal(g.Members, []string{"u1", "x"}) || !slices.Equal(g.Groups, wantGroups) {
			t.Errorf("%s: g1 holds the users %q and the groups %q", format, g.Members, g.Groups)
		}
		if g := d.Groups[1]; len(g.Members) > 0 || !slices.Equal(g.Groups, []string{"g1"}) || g.Attributes.String("displayName") != "Two" {
			t.Errorf("%s: g2 is %+v %s", format, g, g.Attributes.AppendJSON(nil))
		}
	}
	g, err := provisioner.ParseGroup("g1", []byte(`{"displayName": "One", "members": [{"value": "g2", "type": "Group"}, {"value": "u1"}]}`))
	if err != nil || !slices.Equal(g.Members, []string{"u1"}) || !slices.Equal(g.Groups, []string{"g2"}) {
		t.Errorf("got %+v, %v", g, err)
	}
}

func TestReadDirectoryProblems(t *testing.T) {
	tests := []struct {
		name   string
		format provisioner.Format
		text   string
		want   []string // part of each problem, in order
	}{
		{"not JSON", provisioner.FormatJSON, "{\"users\": [\n{\"id\": \"u1\",,}]}", []string{"line 2: column 13: invalid character ','"}},
		{"cut off", provisioner.FormatJSON, `{"users": [`, []string{"line 1: column 11: unexpected end"}},
		{"twice the same", provisioner.FormatJSON, `{"users": [{"id": "u1", "userName": "a", "USERNAME": "b"}]}`, []string{"USERNAME is given twice"}},
		{"empty file", provisioner.FormatJSON, " \n", []string{"the file is empty: write {"}},
		{"empty file of lines", provisioner.FormatNDJSON, "", []string{"the file is empty: write a user or a group a line"}},
		{"encoding of a country", provisioner.FormatCSV, "id,userName\nu1,andr\xe9\n", []string{"line 2: the byte 0xE9 is not UTF-8: save the file as UTF-8"}},
		{"two bytes a letter", provisioner.FormatJSON, "\xff\xfe{\x00}\x00", []string{"line 1: the byte 0xFF is not UTF-8"}},
		{"semicolons", provisioner.FormatCSV, "id;userName\nu1;ann\n", []string{"line 1: has one column: separate the cells with commas"}},
		{"empty object", provisioner.FormatJSON, `{}`, []string{"holds no directory"}},
		{"other document", provisioner.FormatJSON, `{"staff": []}`, []string{"/staff: is not known here"}},
		{"wrong shapes", provisioner.FormatJSON, `{"users": {}, "groups": [7]}`, []string{"/users: is an object, not an array", "/groups/0: is the number 7, not an object"}},
		{"everything at once", provisioner.FormatJSON, `{
			"users": [
				{"id": "u1", "userName": "ann", "shoeSize": 42, "department": "R&D"},
				{"id": "u1", "userName": "ANN", "active": "yes", "name": "Ann"},
				{"userName": " "},
				{"id": 7, "emails": {"value": "x"}, "password": "secret"},
				{"id": "u/4", "userName": "dan", "emails": [{"value": "a", "primary": true}, {"value": "b", "primary": true, "kind": 1}]},
				{"id": " u5", "userName": "eve", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"boss": "u1"}, "urn:example:none": {}}
			],
			"groups": [
				{"id": "g1", "members": [{"value": "u9"}, {"value": "g9", "type": "Group"}, {"ref": "u1"}, {"value": "u1", "type": "Robot"}]},
				{"id": "g1", "displayName": "Two", "members": [{"value": "u1"}]}
			]}`, []string{
			`/users/0/shoeSize: "shoeSize" is not an attribute of a user`,
			`/users/0/department: "department" belongs to an extension: put it inside "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`,
			`/users/1/id: "u1" is also the id of /users/0`,
			`/users/1/active: is a string, not a boolean`,
			`/users/1/name: is a string, not an object`,
			`/users/1/userName: "ANN" is also the userName of /users/0`,
			`/users/2: has no "id"`,
			`/users/2/userName: is empty`,
			`/users/3/id: is the number 7, not a string`,
			`/users/3/emails: is an object, not an array`,
			`/users/3/password: is a secret`,
			`/users/3: has no "userName"`,
			`/users/4/emails/1/kind: "kind" is not an attribute of emails`,
			`/users/4/emails: has 2 primary values`,
			`/users/5/id: " u5" will not do`,
			`/users/5/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/boss: "boss" is not an attribute of urn`,
			`/users/5/urn:example:none: "urn:example:none" is not an attribute of a user`,
			`/groups/0: has no "displayName"`,
			`/groups/0/members/2/ref: is not an attribute of a member`,
			`/groups/0/members/2: has no "value"`,
			`/groups/0/members/3/type: is "Robot"`,
			`/groups/1/id: "g1" is also the id of /groups/0`,
			`/groups/0/members/0: there is no user with the id "u9"`,
			`/groups/0/members/1: there is no group with the id "g9"`,
		}},
		{"lines", provisioner.FormatNDJSON, "{\"id\": \"u1\", \"userName\": \"a\"}\nnonsense\n{\"id\": \"u1\", \"userName\": \"b\", \"x\": 1}\n", []string{
			"line 2: ", `line 3 /id: "u1" is also the id of line 1`, `line 3 /x: "x" is not an attribute`,
		}},
		{"empty", provisioner.FormatCSV, "", []string{"the file is empty"}},
		{"header", provisioner.FormatCSV, "name.givenName,NAME.givenname,emails,emails[type ne \"x\"].value,nickName.x,shoe,active[,urn:x:y\n", []string{
			`line 1: column "NAME.givenname" is there twice`, `column "emails": emails has several parts`, "take comparisons with eq",
			"nickName", `"shoe" is not an attribute`, `column "active["`, `column "urn:x:y"`, `line 1: has no column "id"`, `line 1: has no column "userName"`,
		}},
		{"rows", provisioner.FormatCSV, "id,userName,active\nu1,a,perhaps\nu2,b\nu1,\"c\nd\",true\nu4,A,true\n", []string{
			`line 2: column "active": "perhaps" is not true or false`, "line 3: does not have as many cells", `line 4 /id: "u1" is also`, `line 6 /userName: "A" is also the userName of line 2`,
		}},
		{"header and rows", provisioner.FormatCSV, "id,userName,shoe,active\nu1,a,44,perhaps\nu1,,45,true\n", []string{
			`line 1: column "shoe"`, `line 2: column "active": "perhaps" is not true or false`, `line 3 /id: "u1" is also`, `line 3: has no "userName"`,
		}},
		{"kinds of rows", provisioner.FormatCSV, "id,userName,resourceType,members,displayName\nu1,a,Robot,,\nu2,b,,u2,\ng1,,Group,u9;g9,One\n", []string{
			`line 2: is a "Robot"`, "line 3: is a user and has members", `there is no user with the id "u9"`, `there is no user with the id "g9"`,
		}},
		{"quotes", provisioner.FormatCSV, "id,userName\nu1,\"a\"b\"\n", []string{"line 2: column 6"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := provisioner.ReadDirectory(strings.NewReader(tt.text), tt.format)
			var problems *provisioner.DirectoryError
			if !errors.As(err, &problems) {
				t.Fatalf("error %v, want a DirectoryError", err)
			}
			for i := range max(len(tt.want), len(problems.Problems)) {
				switch {
				case i >= len(problems.Problems):
					t.Errorf("missing: %s", tt.want[i])
				case i >= len(tt.want):
					t.Errorf("not expected: %s", problems.Problems[i])
				case !strings.Contains(problems.Problems[i].String(), tt.want[i]):
					t.Errorf("problem %d is\n%s\nwant\n%s", i, problems.Problems[i], tt.want[i])
				}
			}
		})
	}
}

func TestParseUser(t *testing.T) {
	u, err := provisioner.ParseUser("u1", []byte(`{"userName": "ann", "TITLE": "Dr."}`))
	if err != nil || u.ID != "u1" || u.Attributes.String("title") != "Dr." {
		t.Errorf("got %+v, %v", u, err)
	}
	for _, text := range []string{`{"id": "u2", "userName": "ann"}`, `{}`, `[]`, `{"userName": "a", "x": 1}`} {
		if _, err := provisioner.ParseUser("u1", []byte(text)); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

func TestParseGroup(t *testing.T) {
	g, err := provisioner.ParseGroup("g1", []byte(`{"id": "g1", "displayName": "One", "members": [{"value": "u1"}]}`))
	if err != nil || g.ID != "g1" || !slices.Equal(g.Members, []string{"u1"}) {
		t.Errorf("got %+v, %v", g, err)
	}
	if _, err := provisioner.ParseGroup("g1", []byte(`{"members": []}`)); err == nil {
		t.Error("a group without displayName is taken")
	}
}

func TestFormatOf(t *testing.T) {
	for name, want := range map[string]provisioner.Format{
		"a.json": provisioner.FormatJSON, "b.NDJSON": provisioner.FormatNDJSON, "c.jsonl": provisioner.FormatNDJSON, "d/e.csv": provisioner.FormatCSV,
	} {
		if got, err := provisioner.FormatOf(name); err != nil || got != want {
			t.Errorf("FormatOf(%q) = %q, %v", name, got, err)
		}
	}
	if _, err := provisioner.FormatOf("people.xml"); err == nil {
		t.Error("FormatOf takes people.xml")
	}
}

// FuzzReadDirectory looks for files that bring the reader down, and for users that
// slip through without what every user has.
func FuzzReadDirectory(f *testing.F) {
	for format, text := range map[string]string{"json": twoUsers, "ndjson": twoUserLines, "csv": twoUserRows} {
		f.Add(format, text)
	}
	f.Fuzz(func(t *testing.T, format, text string) {
		d, err := provisioner.ReadDirectory(strings.NewReader(text), provisioner.Format(format))
		if err != nil {
			return
		}
		for _, u := range d.Users {
			if u.ID == "" || u.Attributes.String("userName") == "" {
				t.Errorf("a user without id or userName: %q %s", u.ID, u.Attributes.AppendJSON(nil))
			}
		}
	})
}

func read(t *testing.T, format provisioner.Format, text string) *provisioner.Directory {
	t.Helper()
	d, err := provisioner.ReadDirectory(strings.NewReader(text), format)
	if err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return d
}
