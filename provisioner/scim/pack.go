package scim

import (
	"encoding/binary"
	"encoding/json"
	"iter"
	"slices"
	"strconv"
)

// A Packing keeps objects of one resource type in little room. A stored object is
// one piece of text without pointers, in which the words that its type knows, such
// as the names of attributes, are numbers. So a million of them take a third of the
// memory that as many [Object] take, the garbage collector has nothing to follow in
// them, and a filter reads them from front to back ([ResourceType.CompilePacked]).
//
// A Packing may be used from any number of goroutines.
type Packing struct {
	words   []string
	values  []any          // words as attribute values
	numbers map[string]int // places in words
}

// NewPacking returns the packing for objects of a type. Objects with other names in
// them can be packed too, into more room.
func NewPacking(rt *ResourceType) *Packing {
	p := &Packing{numbers: map[string]int{}}
	p.add("") // number 0
	p.addAttributes(commonAttributes)
	p.add(rt.Schema.ID)
	p.addAttributes(rt.Schema.Attributes)
	for _, x := range rt.Extensions {
		p.add(x.Schema.ID)
		p.addAttributes(x.Schema.Attributes)
	}
	return p
}

func (p *Packing) add(word string) {
	if _, known := p.numbers[word]; !known {
		p.numbers[word] = len(p.words)
		p.words = append(p.words, word)
		p.values = append(p.values, word)
	}
}

func (p *Packing) addAttributes(list []*Attribute) {
	for _, a := range list {
		p.add(a.Name)
		for _, value := range a.CanonicalValues {
			p.add(value)
		}
		p.addAttributes(a.Sub)
	}
}

// The text of an object is its fields, each a name and a value. A name is one byte, the
// number of a word; the number of the empty word stands before a name that is written
// out as a string. A value begins with a head of two bytes: the lowest bits are its
// kind, and the others a number that is the length of what follows for the kinds that
// have content. What is longer than fits there has its length behind the head. So a
// reader passes over a value without looking into it.
const (
	packedLiteral = iota // the number is one of null, false and true
	packedWord           // the number is that of the word
	packedString         // the content is the string itself
	packedNumber
	packedObject // the content is fields
	packedArray  // the content is values
	packedLong   // the number is the kind, and four bytes of length follow

	packedKindBits = 3
	packedKinds    = 1<<packedKindBits - 1
	packedMost     = 1<<(16-packedKindBits) - 1
	packedNames    = 1 << 8

	packedNull, packedFalse, packedTrue = 0, 1, 2
)

// Append appends the text of an object to dst and returns the longer slice.
func (p *Packing) Append(dst []byte, o *Object) []byte {
	if o == nil {
		return dst
	}
	for _, f := range o.fields {
		if number := p.numbers[*f.name]; number < packedNames {
			dst = append(dst, byte(number))
		} else {
			dst = append(dst, 0)
		}
		if dst[len(dst)-1] == 0 {
			dst = appendPackedText(dst, packedString, *f.name)
		}
		dst = p.appendValue(dst, f.value)
	}
	return dst
}

func (p *Packing) appendValue(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return appendPackedHead(dst, packedLiteral, packedNull)
	case bool:
		if v {
			return appendPackedHead(dst, packedLiteral, packedTrue)
		}
		return appendPackedHead(dst, packedLiteral, packedFalse)
	case string:
		if number, known := p.numbers[v]; known && number <= packedMost {
			return appendPackedHead(dst, packedWord, number)
		}
		return appendPackedText(dst, packedString, v)
	case json.Number:
		return appendPackedText(dst, packedNumber, string(v))
	case *Object:
		return enclose(dst, packedObject, func(dst []byte) []byte { return p.Append(dst, v) })
	case []any:
		return enclose(dst, packedArray, func(dst []byte) []byte {
			for _, element := range v {
				dst = p.appendValue(dst, element)
			}
			return dst
		})
	default:
		return p.appendValue(dst, rich(v))
	}
}

func appendPackedHead(dst []byte, kind, n int) []byte {
	if n > packedMost {
		dst = binary.LittleEndian.AppendUint16(dst, uint16(kind<<packedKindBits|packedLong))
		return binary.LittleEndian.AppendUint32(dst, uint32(n))
	}
	return binary.LittleEndian.AppendUint16(dst, uint16(n<<packedKindBits|kind))
}

func appendPackedText(dst []byte, kind int, s string) []byte {
	return append(appendPackedHead(dst, kind, len(s)), s...)
}

// enclose appends a value whose length is known only when its content is written. The
// content is moved if the head has to be longer than usual.
func enclose(dst []byte, kind int, content func([]byte) []byte) []byte {
	const usual = 2
	start := len(dst)
	dst = content(append(dst, 0, 0))
	var room [8]byte
	head := appendPackedHead(room[:0], kind, len(dst)-start-usual)
	if len(head) > usual {
		dst = slices.Insert(dst, start, head[usual:]...)
	}
	copy(dst[start:], head)
	return dst
}

// Packed returns the object of a text that Append has made. The object keeps the
// text and copies nothing out of it.
func (p *Packing) Packed(text string) Packed { return Packed{p, text} }

// A Packed is an object that a [Packing] keeps. It cannot be changed, and two of one
// packing that are == are equal. The zero Packed is an empty object.
type Packed struct {
	packing *Packing
	text    string
}

// Len returns the number of fields.
func (p Packed) Len() int {
	n := 0
	for r := p.reader(); r.more(); n++ {
		r.name()
		r.skip(r.head())
	}
	return n
}

// All ranges over the fields in their order. The values are the caller's own.
func (p Packed) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for r := p.reader(); r.more(); {
			if name := r.name(); !yield(*name, r.next().unpack()) {
				return
			}
		}
	}
}

// Object returns the object with nothing left packed. It is the caller's own.
func (p Packed) Object() *Object {
	o := newObject(p.Len())
	for r := p.reader(); r.more(); {
		o.put(r.name(), r.next().unpack())
	}
	return o
}

// Get returns the value of the named field, nil if there is none, without looking
// into the others.
func (p Packed) Get(name string) any { return p.find(name).unpack() }

// String returns the named field if it is a string, otherwise "".
func (p Packed) String(name string) string {
	v := p.find(name)
	if v.kind != packedWord && v.kind != packedString {
		return ""
	}
	return v.text
}

// Part returns the named field if it is an object, otherwise an empty one.
func (p Packed) Part(name string) Packed { return p.find(name).object() }

// Only returns an object with no more than the attribute of a reference in it.
func (p Packed) Only(r Ref) *Object {
	o := newObject(1)
	if x := r.Extension; x != nil {
		o.put(&x.ID, p.Part(x.ID).Only(Ref{Attribute: r.Attribute}))
	} else if v := p.Get(r.Attribute.Name); v != nil {
		o.put(&r.Attribute.Name, v)
	}
	return o
}

// Texts calls visit with each value at a reference that has no parts, as text, until
// it returns false: a string as it is, a number or boolean as in JSON.
func (p Packed) Texts(r Ref, visit func(string) bool) {
	p.any(r, func(v scalar) bool {
		switch v.kind {
		case scalarNone:
			return false
		case scalarFalse, scalarTrue:
			return !visit(strconv.FormatBool(v.kind == scalarTrue))
		default:
			return !visit(v.text)
		}
	})
}

// find returns the value of the named field; nothing if there is none.
func (p Packed) find(name string) packedValue {
	for r := p.reader(); r.more(); {
		at := &r.packing.words[r.text[r.at]] // r.name() by hand: this is the loop of all searches
		r.at++
		if *at == "" {
			at = r.literalName()
		}
		kind, n := r.head()
		if len(*at) == len(name) && sameName(*at, name) {
			return r.value(kind, n)
		}
		r.skip(kind, n)
	}
	return packedValue{}
}

func (p Packed) reader() packedReader { return packedReader{packing: p.packing, text: p.text} }

// A packedReader reads a text from front to back.
type packedReader struct {
	packing *Packing
	text    string
	at      int
}

func (r *packedReader) more() bool { return r.at < len(r.text) }

func (r *packedReader) name() *string {
	number := r.text[r.at]
	r.at++
	if number == 0 {
		return r.literalName()
	}
	return &r.packing.words[number]
}

func (r *packedReader) literalName() *string {
	name := r.next().text
	return &name
}

// head reads the head of a value: its kind and number.
func (r *packedReader) head() (kind, n int) {
	head := int(r.text[r.at]) | int(r.text[r.at+1])<<8
	r.at += 2
	if head&packedKinds == packedLong {
		return head >> packedKindBits, r.length()
	}
	return head & packedKinds, head >> packedKindBits
}

// length reads the length behind the head of what is long.
func (r *packedReader) length() (n int) {
	for shift := 0; shift < 32; shift += 8 {
		n |= int(r.text[r.at]) << shift
		r.at++
	}
	return n
}

// skip passes over the content of a value that has this head.
func (r *packedReader) skip(kind, n int) {
	if kind > packedWord {
		r.at += n
	}
}

// value reads the content of a value that has this head.
func (r *packedReader) value(kind, n int) packedValue {
	v := packedValue{packing: r.packing, kind: kind, number: n}
	switch {
	case kind > packedWord:
		v.text = r.text[r.at : r.at+n]
		r.at += n
	case kind == packedWord:
		v.text = r.packing.words[n]
	}
	return v
}

func (r *packedReader) next() packedValue { return r.value(r.head()) }

// A packedValue is one value in a text.
type packedValue struct {
	packing *Packing
	kind    int
	number  int
	text    string // the content, or the word
}

func (v packedValue) reader() packedReader { return packedReader{packing: v.packing, text: v.text} }

// object returns the value as an object, an empty one if it is none.
func (v packedValue) object() Packed {
	if v.kind != packedObject {
		return Packed{}
	}
	return Packed{v.packing, v.text}
}

func (v packedValue) unpack() any {
	switch v.kind {
	case packedWord:
		return v.packing.values[v.number]
	case packedString:
		return v.text
	case packedNumber:
		return json.Number(v.text)
	case packedObject:
		return v.object().Object()
	case packedArray:
		n := 0
		for r := v.reader(); r.more(); n++ {
			r.skip(r.head())
		}
		list := make([]any, 0, n)
		for r := v.reader(); r.more(); {
			list = append(list, r.next().unpack())
		}
		return list
	case packedLiteral:
		if v.number != packedNull {
			return v.number == packedTrue
		}
	}
	return nil
}
