package scim

import (
	"encoding/binary"
	"encoding/json"
	"iter"
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
	p.add("") // its number stands before a word that is written out
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

// The text of an object is its fields, each a name and a value. A name is the number
// of a word, or 0 and the length and bytes of the name. A value is one number, of
// which the lowest bits are its kind, and for the kinds that have content so many
// bytes of it. Numbers are written as varints.
const (
	packedNothing = iota // null
	packedFalse
	packedTrue
	packedWord   // the number is that of the word
	packedString // the content is the string itself
	packedNumber
	packedObject // the content is fields
	packedArray  // the content is values

	packedKindBits = 3
	packedKinds    = 1<<packedKindBits - 1
)

// Append appends the text of an object to dst and returns the longer slice.
func (p *Packing) Append(dst []byte, o *Object) []byte {
	if o == nil {
		return dst
	}
	for _, f := range o.fields {
		number, known := p.numbers[*f.name]
		dst = binary.AppendUvarint(dst, uint64(number))
		if !known || number == 0 {
			dst = binary.AppendUvarint(dst, uint64(len(*f.name)))
			dst = append(dst, *f.name...)
		}
		dst = p.appendValue(dst, f.value)
	}
	return dst
}

func (p *Packing) appendValue(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, packedNothing)
	case bool:
		if v {
			return append(dst, packedTrue)
		}
		return append(dst, packedFalse)
	case string:
		if number, known := p.numbers[v]; known {
			return appendPackedHead(dst, packedWord, number)
		}
		return append(appendPackedHead(dst, packedString, len(v)), v...)
	case json.Number:
		return append(appendPackedHead(dst, packedNumber, len(v)), v...)
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
	return binary.AppendUvarint(dst, uint64(n)<<packedKindBits|uint64(kind))
}

// enclose appends a value whose length is known only when its content is written.
// Most are short, so the content is moved if its length takes more than one byte.
func enclose(dst []byte, kind int, content func([]byte) []byte) []byte {
	start := len(dst)
	dst = content(append(dst, 0))
	n := len(dst) - start - 1
	var room [binary.MaxVarintLen64]byte
	head := appendPackedHead(room[:0], kind, n)
	dst = append(dst, head[1:]...)
	copy(dst[start+len(head):], dst[start+1:start+1+n])
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
		r.skip(r.number())
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
		at := r.name()
		head := r.number()
		if *at == name || sameName(*at, name) {
			return r.value(head)
		}
		r.skip(head)
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

func (r *packedReader) number() int {
	if c := r.text[r.at]; c < 0x80 {
		r.at++
		return int(c)
	}
	return r.longNumber()
}

func (r *packedReader) longNumber() (n int) {
	for shift := 0; ; shift += 7 {
		c := r.text[r.at]
		r.at++
		n |= int(c&0x7f) << shift
		if c < 0x80 {
			return n
		}
	}
}

func (r *packedReader) bytes(n int) string {
	start := r.at
	r.at += n
	return r.text[start:r.at]
}

func (r *packedReader) name() *string {
	if number := r.number(); number != 0 {
		return &r.packing.words[number]
	}
	return r.literalName()
}

func (r *packedReader) literalName() *string {
	name := r.bytes(r.number())
	return &name
}

// skip passes over the content of a value that begins with a number.
func (r *packedReader) skip(head int) {
	if head&packedKinds > packedWord {
		r.at += head >> packedKindBits
	}
}

func (r *packedReader) value(head int) packedValue {
	v := packedValue{packing: r.packing, kind: head & packedKinds}
	switch n := head >> packedKindBits; {
	case v.kind > packedWord:
		v.text = r.bytes(n)
	case v.kind == packedWord:
		v.word = n
		v.text = r.packing.words[n]
	}
	return v
}

// next is value for one whose number is yet to be read.
func (r *packedReader) next() packedValue { return r.value(r.number()) }

// A packedValue is one value in a text.
type packedValue struct {
	packing *Packing
	kind    int
	word    int
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
	case packedFalse:
		return false
	case packedTrue:
		return true
	case packedWord:
		return v.packing.values[v.word]
	case packedString:
		return v.text
	case packedNumber:
		return json.Number(v.text)
	case packedObject:
		return v.object().Object()
	case packedArray:
		n := 0
		for r := v.reader(); r.more(); n++ {
			r.skip(r.number())
		}
		list := make([]any, 0, n)
		for r := v.reader(); r.more(); {
			list = append(list, r.next().unpack())
		}
		return list
	default:
		return nil
	}
}
