package mocktarget

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A persistent vector and the plain map and slice it must agree with.
func TestVectorAgreesWithSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var v vector[int]
		held := map[uint32]int{}
		type snapshot struct {
			v    vector[int]
			held map[uint32]int
		}
		var snapshots []snapshot
		e := new(edit)
		for range rapid.IntRange(1, 3000).Draw(t, "operations") {
			switch op := rapid.IntRange(0, 99).Draw(t, "op"); {
			case op < 70 || v.next == 0:
				var slot uint32
				v, slot = v.append(e, op)
				held[slot] = op
			case op < 80:
				slot := rapid.Uint32Range(0, v.next-1).Draw(t, "slot")
				if _, ok := held[slot]; ok {
					v = v.set(e, slot, op)
					held[slot] = op
				}
			case op < 98:
				slot := rapid.Uint32Range(0, v.next-1).Draw(t, "slot")
				v = v.remove(e, slot)
				delete(held, slot)
			default:
				copied := map[uint32]int{}
				for k, x := range held {
					copied[k] = x
				}
				snapshots = append(snapshots, snapshot{v, copied})
				e = new(edit)
			}
		}
		checkVector(t, v, held)
		for _, s := range snapshots {
			checkVector(t, s.v, s.held)
		}
	})
}

func checkVector(t *rapid.T, v vector[int], held map[uint32]int) {
	if v.live() != len(held) {
		t.Fatalf("live is %d, want %d", v.live(), len(held))
	}
	k := 0
	for slot, item := range v.all() {
		if want, ok := held[slot]; !ok || want != item {
			t.Fatalf("slot %d holds %d, want %d (there: %v)", slot, item, want, ok)
		}
		if at, ok := v.nth(k); !ok || at != slot {
			t.Fatalf("nth(%d) is %d (%v), want %d", k, at, ok, slot)
		}
		if r := v.rank(slot); r != k {
			t.Fatalf("rank(%d) is %d, want %d", slot, r, k)
		}
		k++
	}
	if k != len(held) {
		t.Fatalf("all yields %d items, want %d", k, len(held))
	}
	for slot, want := range held {
		if item, ok := v.get(slot); !ok || item != want {
			t.Fatalf("get(%d) is %d (%v), want %d", slot, item, ok, want)
		}
	}
}

func TestHashsetAgreesWithMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s, old hashset
		held, oldHeld := map[hashEntry]bool{}, map[hashEntry]bool{}
		e := new(edit)
		// Few hashes, so that leaves overflow with entries of one hash.
		hashes := rapid.SliceOfN(rapid.Uint32(), 1, 6).Draw(t, "hashes")
		for i := range rapid.IntRange(1, 2000).Draw(t, "operations") {
			entry := makeEntry(rapid.SampledFrom(hashes).Draw(t, "hash"), rapid.SampledFrom([]uint32{0, 1 << 31, 1<<32 - 1<<9}).Draw(t, "base")+rapid.Uint32Range(0, 400).Draw(t, "number"))
			if rapid.IntRange(0, 2).Draw(t, "op") > 0 {
				s = s.add(e, entry.hash(), entry.number())
				held[entry] = true
			} else {
				s = s.remove(e, entry.hash(), entry.number())
				delete(held, entry)
			}
			if i == 500 {
				old, e = s, new(edit)
				for k := range held {
					oldHeld[k] = true
				}
			}
		}
		checkHashset(t, s, held, hashes)
		checkHashset(t, old, oldHeld, hashes)
	})
}

func checkHashset(t *rapid.T, s hashset, held map[hashEntry]bool, hashes []uint32) {
	if s.size != len(held) {
		t.Fatalf("size is %d, want %d", s.size, len(held))
	}
	seen := map[uint32]bool{}
	for _, hash := range hashes {
		if seen[hash] {
			continue
		}
		seen[hash] = true
		want := 0
		for k := range held {
			if k.hash() == hash {
				want++
			}
		}
		found := s.find(nil, hash)
		if len(found) != want {
			t.Fatalf("find(%x) yields %d numbers, want %d", hash, len(found), want)
		}
		if !slices.IsSorted(found) {
			t.Fatalf("find(%x) yields numbers in no order: %v", hash, found)
		}
		for _, number := range found {
			if !held[makeEntry(hash, number)] {
				t.Fatalf("find(%x) yields %d, which was not added", hash, number)
			}
		}
	}
}
