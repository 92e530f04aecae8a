package deviation

func bulks() []Deviation      { return nil }
func extensions() []Deviation { return nil }
func robustness() []Deviation { return nil }
func legal() []Deviation      { return nil }
