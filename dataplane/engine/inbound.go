package engine

// inbound is step 6 of the way in: it takes an IP packet from the peer, which
// fills the arena from start on, and makes it an output if it may pass.
func (b *batch) inbound(start int) {
	t := b.tunnel
	p, reason, ok := b.judge(b.arena[start:])
	if !ok {
		t.counters.drops.count(reason)
		b.arena = b.arena[:start]
		return
	}
	b.arena = b.arena[:start+len(p)]
	if b.terms.ClampMSS {
		clampMSS(p, b.terms.MTU)
	}
	t.counters.received(p, b.now)
	b.add(false, start)
}

func (b *batch) judge(packet []byte) (p ipv4, reason drop, ok bool) {
	if b.terms == nil {
		return nil, dropNotForwarding, false
	}
	p, ok = parseIPv4(packet)
	if !ok {
		return nil, dropMalformed, false
	}
	if !b.terms.mayBeSource(p.src()) {
		return nil, dropSource, false
	}
	return p, 0, true
}
