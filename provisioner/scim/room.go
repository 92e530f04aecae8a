package scim

// newObject returns an empty object with room for n fields.
//
// An object and its fields are one piece of memory, for the usual numbers of
// fields: a search that walks over a million resources mostly waits for memory, and
// finding the fields without another step takes a third to a half off it.
func newObject(n int) *Object {
	switch {
	case n <= 1:
		o := new(objectOf1)
		o.fields = o.room[:0]
		return &o.Object
	case n <= 2:
		o := new(objectOf2)
		o.fields = o.room[:0]
		return &o.Object
	case n <= 3:
		o := new(objectOf3)
		o.fields = o.room[:0]
		return &o.Object
	case n <= 4:
		o := new(objectOf4)
		o.fields = o.room[:0]
		return &o.Object
	case n <= 6:
		o := new(objectOf6)
		o.fields = o.room[:0]
		return &o.Object
	case n <= 8:
		o := new(objectOf8)
		o.fields = o.room[:0]
		return &o.Object
	case n <= 12:
		o := new(objectOf12)
		o.fields = o.room[:0]
		return &o.Object
	case n <= 16:
		o := new(objectOf16)
		o.fields = o.room[:0]
		return &o.Object
	case n <= 20:
		o := new(objectOf20)
		o.fields = o.room[:0]
		return &o.Object
	default:
		return &Object{fields: make([]slot, 0, n)}
	}
}

type (
	objectOf1 struct {
		Object
		room [1]slot
	}
	objectOf2 struct {
		Object
		room [2]slot
	}
	objectOf3 struct {
		Object
		room [3]slot
	}
	objectOf4 struct {
		Object
		room [4]slot
	}
	objectOf6 struct {
		Object
		room [6]slot
	}
	objectOf8 struct {
		Object
		room [8]slot
	}
	objectOf12 struct {
		Object
		room [12]slot
	}
	objectOf16 struct {
		Object
		room [16]slot
	}
	objectOf20 struct {
		Object
		room [20]slot
	}
)
