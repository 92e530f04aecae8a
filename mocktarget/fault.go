package mocktarget

// goWrong takes a request that a fault has hit through the rest of its phases.
func (x *exchange) goWrong() (*answer, error) {
	f := x.fault
	if f.Loses() || f.Answers() {
		_ = x.read(x.server.config.Limits.Body, "the limit") // for the journal
	}
	if !f.Applied && !f.Loses() {
		f.Wait(x.r.Context())
	}
	sent := &answer{}
	if f.Applies() {
		var err error
		if sent, err = x.carryOut(); err != nil && !f.Answers() {
			return nil, err
		}
	}
	if f.Applied && !f.Loses() {
		f.Wait(x.r.Context())
	}
	if f.Answers() {
		sent = &answer{}
		sent.status, sent.header, sent.body = f.Answer(x.r, x.now())
	}
	return sent, nil
}

// lost reports whether the client does not get the answer.
func (x *exchange) lost() bool { return x.fault != nil && x.fault.Loses() }
