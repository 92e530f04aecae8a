package deviation

func discovery() []Deviation  { return nil }
func schemas() []Deviation    { return nil }
func auth() []Deviation       { return nil }
func groups() []Deviation     { return nil }
func bulks() []Deviation      { return nil }
func versions() []Deviation   { return nil }
func selves() []Deviation     { return nil }
func extensions() []Deviation { return nil }
func robustness() []Deviation { return nil }
func legal() []Deviation      { return nil }
