package mocktarget

import (
	"iter"
	"math/bits"
)

// An edit marks the nodes that one transaction has made and may therefore still
// change in place. A node of any other edit is shared and is copied first.
type edit struct {
	_ byte // two edits must not share an address
}

const (
	vectorBits  = 5
	vectorWidth = 1 << vectorBits
	vectorMask  = vectorWidth - 1
)

// A vector is a persistent list of slots numbered from 0 in the order they were
// appended. A slot may be emptied, its number is never used again. Each node
// counts its filled slots, so the k-th filled one and the rank of a slot are
// found in logarithmic time. Changing a vector yields another one that shares
// all but the path to the slot; the zero vector is empty.
type vector[T any] struct {
	root   *vectorNode[T]
	height int    // levels above the leaves
	next   uint32 // number of the slot that append fills
}

type vectorNode[T any] struct {
	edit  *edit
	live  int
	kids  []*vectorNode[T] // inner node
	items []T              // leaf
	used  uint32           // leaf: which items are filled
}

// live returns the number of filled slots.
func (v vector[T]) live() int {
	if v.root == nil {
		return 0
	}
	return v.root.live
}

// get returns the item of a slot and whether it is filled.
func (v vector[T]) get(slot uint32) (item T, ok bool) {
	if slot >= v.next {
		return item, false
	}
	n := v.root
	for h := v.height; h > 0 && n != nil; h-- {
		n = n.kids[slot>>(h*vectorBits)&vectorMask]
	}
	if n == nil || n.used&(1<<(slot&vectorMask)) == 0 {
		return item, false
	}
	return n.items[slot&vectorMask], true
}

// append returns the vector with an item in a new slot, and the slot's number.
func (v vector[T]) append(e *edit, item T) (vector[T], uint32) {
	slot := v.next
	v.next++
	return v.set(e, slot, item), slot
}

// set returns the vector with an item in a slot below next.
func (v vector[T]) set(e *edit, slot uint32, item T) vector[T] {
	for slot>>((v.height+1)*vectorBits) != 0 {
		up := &vectorNode[T]{edit: e, kids: make([]*vectorNode[T], vectorWidth)}
		if v.root != nil {
			up.kids[0], up.live = v.root, v.root.live
		}
		v.root, v.height = up, v.height+1
	}
	v.root, _ = v.root.set(e, v.height, slot, item)
	return v
}

func (n *vectorNode[T]) set(e *edit, height int, slot uint32, item T) (node *vectorNode[T], grew bool) {
	n = n.own(e, height)
	if height == 0 {
		i := slot & vectorMask
		n.items[i] = item
		if grew = n.used&(1<<i) == 0; grew {
			n.used |= 1 << i
			n.live++
		}
		return n, grew
	}
	i := slot >> (height * vectorBits) & vectorMask
	n.kids[i], grew = n.kids[i].set(e, height-1, slot, item)
	if grew {
		n.live++
	}
	return n, grew
}

// remove returns the vector with the slot empty.
func (v vector[T]) remove(e *edit, slot uint32) vector[T] {
	if _, ok := v.get(slot); ok {
		v.root = v.root.remove(e, v.height, slot)
	}
	return v
}

func (n *vectorNode[T]) remove(e *edit, height int, slot uint32) *vectorNode[T] {
	if n.live == 1 {
		return nil
	}
	n = n.own(e, height)
	n.live--
	i := slot >> (height * vectorBits) & vectorMask
	if height > 0 {
		n.kids[i] = n.kids[i].remove(e, height-1, slot)
		return n
	}
	var none T
	n.items[i] = none
	n.used &^= 1 << i
	return n
}

// own returns the node itself if e may change it, otherwise a copy of it.
func (n *vectorNode[T]) own(e *edit, height int) *vectorNode[T] {
	if n != nil && n.edit == e {
		return n
	}
	c := &vectorNode[T]{edit: e}
	if height > 0 {
		c.kids = make([]*vectorNode[T], vectorWidth)
	} else {
		c.items = make([]T, vectorWidth)
	}
	if n != nil {
		c.live, c.used = n.live, n.used
		copy(c.kids, n.kids)
		copy(c.items, n.items)
	}
	return c
}

// nth returns the slot of the k-th filled one, counted from 0.
func (v vector[T]) nth(k int) (slot uint32, ok bool) {
	if k < 0 || k >= v.live() {
		return 0, false
	}
	n := v.root
	for h := v.height; h > 0; h-- {
		for i, kid := range n.kids {
			if kid == nil {
				continue
			}
			if k < kid.live {
				slot = slot<<vectorBits | uint32(i)
				n = kid
				break
			}
			k -= kid.live
		}
	}
	used := n.used
	for ; k > 0; k-- {
		used &= used - 1
	}
	return slot<<vectorBits | uint32(bits.TrailingZeros32(used)), true
}

// rank returns how many filled slots have a lower number.
func (v vector[T]) rank(slot uint32) int {
	if slot >= v.next {
		return v.live()
	}
	rank := 0
	n := v.root
	for h := v.height; n != nil; h-- {
		i := slot >> (h * vectorBits) & vectorMask
		if h == 0 {
			return rank + bits.OnesCount32(n.used&(1<<i-1))
		}
		for _, kid := range n.kids[:i] {
			if kid != nil {
				rank += kid.live
			}
		}
		n = n.kids[i]
	}
	return rank
}

// span ranges over the filled slots from the number low up to, but without,
// high, in their order.
func (v vector[T]) span(low, high uint32) iter.Seq2[uint32, T] {
	return func(yield func(uint32, T) bool) {
		if high > v.next {
			high = v.next
		}
		for slot := low; slot < high; {
			n := v.root
			h := v.height
			for ; h > 0 && n != nil; h-- {
				n = n.kids[slot>>(h*vectorBits)&vectorMask]
			}
			if n == nil { // skip the whole empty subtree
				step := uint32(1) << ((h + 1) * vectorBits)
				if slot = slot&^(step-1) + step; slot == 0 {
					return
				}
				continue
			}
			for used := n.used >> (slot & vectorMask) << (slot & vectorMask); used != 0; used &= used - 1 {
				i := uint32(bits.TrailingZeros32(used))
				at := slot&^vectorMask | i
				if at >= high || !yield(at, n.items[i]) {
					return
				}
			}
			slot = slot&^vectorMask + vectorWidth
		}
	}
}

// all ranges over the filled slots in their order.
func (v vector[T]) all() iter.Seq2[uint32, T] { return v.span(0, v.next) }
