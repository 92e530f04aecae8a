package mocktarget

import (
	"cmp"
	"slices"
)

const (
	hashBits  = 3
	hashWidth = 1 << hashBits
	hashMask  = hashWidth - 1
	hashLeaf  = 48 // entries a leaf holds before it splits
)

// A hashset is a persistent set of (hash, number) pairs: an index from the hash
// of a key to the slots that hold it. Keys are not kept; whoever looks one up
// compares the found slots with it. Like [vector] it is changed by copying the
// path, and the zero hashset is empty.
type hashset struct {
	root *hashNode
	size int
}

type hashEntry struct {
	hash   uint64
	number uint32
}

type hashNode struct {
	edit    *edit
	kids    *[hashWidth]*hashNode // inner node
	entries []hashEntry           // leaf, sorted
}

// hashDigit returns the branch an entry takes at a level: first the digits of
// its hash, then, for entries of one hash, those of its number.
func hashDigit(e hashEntry, level int) int {
	const hashLevels = (64 + hashBits - 1) / hashBits
	if level < hashLevels {
		return int(e.hash>>(level*hashBits)) & hashMask
	}
	return int(e.number>>((level-hashLevels)*hashBits)) & hashMask
}

func compareEntries(a, b hashEntry) int {
	return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.number, b.number))
}

// add returns the set with the pair in it.
func (s hashset) add(e *edit, hash uint64, number uint32) hashset {
	var grew bool
	s.root, grew = s.root.add(e, 0, hashEntry{hash, number})
	if grew {
		s.size++
	}
	return s
}

// remove returns the set without the pair.
func (s hashset) remove(e *edit, hash uint64, number uint32) hashset {
	entry := hashEntry{hash, number}
	if !s.contains(entry) {
		return s
	}
	s.root = s.root.remove(e, 0, entry)
	s.size--
	return s
}

// find appends the numbers paired with a hash to dst.
func (s hashset) find(dst []uint32, hash uint64) []uint32 {
	n := s.root
	for level := 0; n != nil; level++ {
		if n.kids == nil {
			i, _ := slices.BinarySearchFunc(n.entries, hashEntry{hash, 0}, compareEntries)
			for ; i < len(n.entries) && n.entries[i].hash == hash; i++ {
				dst = append(dst, n.entries[i].number)
			}
			return dst
		}
		if level*hashBits >= 64 { // only numbers tell the entries below apart
			return n.collect(dst)
		}
		n = n.kids[hashDigit(hashEntry{hash, 0}, level)]
	}
	return dst
}

func (n *hashNode) collect(dst []uint32) []uint32 {
	if n == nil {
		return dst
	}
	for _, e := range n.entries {
		dst = append(dst, e.number)
	}
	if n.kids != nil {
		for _, kid := range n.kids {
			dst = kid.collect(dst)
		}
	}
	return dst
}

func (s hashset) contains(entry hashEntry) bool {
	n := s.root
	for level := 0; n != nil; level++ {
		if n.kids == nil {
			_, found := slices.BinarySearchFunc(n.entries, entry, compareEntries)
			return found
		}
		n = n.kids[hashDigit(entry, level)]
	}
	return false
}

func (n *hashNode) add(e *edit, level int, entry hashEntry) (node *hashNode, grew bool) {
	n = n.own(e)
	if n.kids == nil && len(n.entries) >= hashLeaf {
		n.split(e, level)
	}
	if n.kids != nil {
		i := hashDigit(entry, level)
		n.kids[i], grew = n.kids[i].add(e, level+1, entry)
		return n, grew
	}
	i, found := slices.BinarySearchFunc(n.entries, entry, compareEntries)
	if !found {
		n.entries = slices.Insert(n.entries, i, entry)
	}
	return n, !found
}

// split turns a full leaf into an inner node over leaves.
func (n *hashNode) split(e *edit, level int) {
	n.kids = new([hashWidth]*hashNode)
	for _, entry := range n.entries {
		i := hashDigit(entry, level)
		if n.kids[i] == nil {
			n.kids[i] = &hashNode{edit: e, entries: make([]hashEntry, 0, hashLeaf/4)}
		}
		n.kids[i].entries = append(n.kids[i].entries, entry) // keeps the order
	}
	n.entries = nil
}

func (n *hashNode) remove(e *edit, level int, entry hashEntry) *hashNode {
	n = n.own(e)
	if n.kids == nil {
		i, _ := slices.BinarySearchFunc(n.entries, entry, compareEntries)
		n.entries = slices.Delete(n.entries, i, i+1)
		if len(n.entries) == 0 {
			return nil
		}
		return n
	}
	i := hashDigit(entry, level)
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
// results mean equal numbers (the finalizer of SplitMix64).
func mix(n uint64) uint64 {
	n ^= n >> 30
	n *= 0xbf58476d1ce4e5b9
	n ^= n >> 27
	n *= 0x94d049bb133111eb
	return n ^ n>>31
}
