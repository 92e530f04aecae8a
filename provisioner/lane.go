package provisioner

// A Lane orders the attempts at one app: those of a lower lane come first, however
// long the others have waited.
type Lane int

// The lanes.
const (
	// LaneGoodbye disables, deletes and takes out of groups.
	LaneGoodbye Lane = iota
	// LaneUsers creates and updates accounts.
	LaneUsers
	// LaneGroups creates and updates groups, which refer to accounts.
	LaneGroups

	// Lanes is how many there are.
	Lanes
)

// Lane returns the lane of attempts at a kind of link that say no goodbye.
func (k Kind) Lane() Lane {
	if k == KindGroup {
		return LaneGroups
	}
	return LaneUsers
}

// A Claim is the right of a worker to make the next attempt at a link. Nobody else
// has it until the attempt's outcome is on record, or the worker has died.
type Claim struct {
	Key
	Lane   Lane
	Worker string
}
