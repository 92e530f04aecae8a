package mocktarget

import "slices"

const (
	hashBits   = 4
	hashWidth  = 1 << hashBits
	hashLeaf   = 64 // entries a leaf holds before it splits
	hashLevels = 32 / hashBits
)

// A hashset is a persistent set of (hash, number) pairs: an index from the hash
// of a key to the slots that hold it. Keys are not kept; whoever looks one up
// compares the found slots with it. Like [vector] it is changed by copying the
// path, and the zero hashset is empty.
type hashset struct {
	root *hashNode
	size int
}

// A hashEntry is a pair: the hash above, the number below.
type hashEntry uint64

func makeEntry(hash, number uint32) hashEntry { return hashEntry(hash)<<32 | hashEntry(number) }
func (e hashEntry) hash() uint32              { return uint32(e >> 32) }
func (e hashEntry) number() uint32            { return uint32(e) }

// digit returns the branch an entry takes at a level: first come the digits of its
// hash, then, for entries of one hash, those of its number.
func (e hashEntry) digit(level int) int { return int(e << (level * hashBits) >> (64 - hashBits)) }

type hashNode struct {
	edit    *edit
	kids    *[hashWidth]*hashNode // inner node
	entries []hashEntry           // leaf, sorted
}

// add returns the set with the pair in it.
func (s hashset) add(e *edit, hash, number uint32) hashset {
	var grew bool
	s.root, grew = s.root.add(e, 0, makeEntry(hash, number))
	if grew {
		s.size++
	}
	return s
}

// remove returns the set without the pair.
func (s hashset) remove(e *edit, hash, number uint32) hashset {
	entry := makeEntry(hash, number)
	if !s.contains(entry) {
		return s
	}
	s.root = s.root.remove(e, 0, entry)
	s.size--
	return s
}

// find appends the numbers paired with a hash to dst, in ascending order.
func (s hashset) find(dst []uint32, hash uint32) []uint32 {
	first := makeEntry(hash, 0)
	n := s.root
	for level := 0; n != nil && n.kids != nil && level < hashLevels; level++ {
		n = n.kids[first.digit(level)]
	}
	return n.collect(dst, first)
}

// collect appends the numbers of the entries of one hash, of which first is the
// lowest possible.
func (n *hashNode) collect(dst []uint32, first hashEntry) []uint32 {
	if n == nil {
		return dst
	}
	i, _ := slices.BinarySearch(n.entries, first)
	for _, e := range n.entries[i:] {
		if e.hash() != first.hash() {
			break
		}
		dst = append(dst, e.number())
	}
	if n.kids != nil {
		for _, kid := range n.kids {
			dst = kid.collect(dst, first)
		}
	}
	return dst
}

func (s hashset) contains(entry hashEntry) bool {
	n := s.root
	for level := 0; n != nil; level++ {
		if n.kids == nil {
			_, found := slices.BinarySearch(n.entries, entry)
			return found
		}
		n = n.kids[entry.digit(level)]
	}
	return false
}

func (n *hashNode) add(e *edit, level int, entry hashEntry) (node *hashNode, grew bool) {
	n = n.own(e)
	if n.kids == nil && len(n.entries) >= hashLeaf {
		n.split(e, level)
	}
	if n.kids != nil {
		i := entry.digit(level)
		n.kids[i], grew = n.kids[i].add(e, level+1, entry)
		return n, grew
	}
	i, found := slices.BinarySearch(n.entries, entry)
	if !found {
		n.entries = slices.Insert(n.entries, i, entry)
	}
	return n, !found
}

// split turns a full leaf into an inner node over leaves.
func (n *hashNode) split(e *edit, level int) {
	n.kids = new([hashWidth]*hashNode)
	for _, entry := range n.entries {
		i := entry.digit(level)
		if n.kids[i] == nil {
			n.kids[i] = &hashNode{edit: e, entries: make([]hashEntry, 0, hashLeaf/8)}
		}
		n.kids[i].entries = append(n.kids[i].entries, entry) // keeps the order
	}
	n.entries = nil
}

func (n *hashNode) remove(e *edit, level int, entry hashEntry) *hashNode {
	n = n.own(e)
	if n.kids == nil {
		i, _ := slices.BinarySearch(n.entries, entry)
		n.entries = slices.Delete(n.entries, i, i+1)
		if len(n.entries) == 0 {
			return nil
		}
		return n
	}
	i := entry.digit(level)
	n.kids[i] = n.kids[i].remove(e, level+1, entry)
	for _, kid := range n.kids {
		if kid != nil {
			return n
		}
	}
	return nil
}

// own returns the node itself if e may change it, otherwise a copy of it.
func (n *hashNode) own(e *edit) *hashNode {
	if n == nil {
		return &hashNode{edit: e}
	}
	if n.edit == e {
		return n
	}
	c := &hashNode{edit: e}
	if n.kids != nil {
		kids := *n.kids
		c.kids = &kids
		return c
	}
	c.entries = make([]hashEntry, len(n.entries), len(n.entries)+1)
	copy(c.entries, n.entries)
	return c
}

// mix scrambles a number so that its digits spread; it is a bijection, so equal
// results mean equal numbers.
func mix(n uint32) uint32 {
	n ^= n >> 16
	n *= 0x85ebca6b
	n ^= n >> 13
	n *= 0xc2b2ae35
	return n ^ n>>16
}
