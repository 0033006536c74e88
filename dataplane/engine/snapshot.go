package engine

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/pptpac/pptpac/dataplane"
	"github.com/pptpac/pptpac/dataplane/gre"
	"github.com/pptpac/pptpac/dataplane/mppe"
)

// snapshotVersion is raised when snapshot changes so that an older engine could
// not read it.
const snapshotVersion = 1

// snapshot is a tunnel written out. It contains keys. Addresses, device and
// terms are not part of it: a successor gives them to Open, Bind and Forward.
type snapshot struct {
	Sender   gre.SenderSnapshot   `json:"sender"`
	Receiver gre.ReceiverSnapshot `json:"receiver"`
	Transmit *mppe.Snapshot       `json:"transmit,omitempty"`
	Receive  *mppe.Snapshot       `json:"receive,omitempty"`
	Decoded  bool                 `json:"decoded,omitempty"` // Seq and Count are valid
	Seq      uint32               `json:"seq,omitempty"`
	Count    uint16               `json:"count,omitempty"`
	Traffic  traffic              `json:"traffic"`
}

// traffic is what accounting must not lose.
type traffic struct {
	RxPackets    uint64 `json:"rx_packets"`
	RxOctets     uint64 `json:"rx_octets"`
	TxPackets    uint64 `json:"tx_packets"`
	TxOctets     uint64 `json:"tx_octets"`
	RxFrames     uint64 `json:"rx_frames"`
	LastActivity int64  `json:"last_activity"` // Unix time, nanoseconds
	Resets       uint64 `json:"resets"`
}

// Snapshot implements dataplane.Tunnel. Packets that are held back for an
// earlier one are not part of it. A tunnel that goes on afterwards moves away
// from its snapshot, hence it is taken last.
func (t *Tunnel) Snapshot() (dataplane.Snapshot, error) {
	if t.closed.Load() {
		return dataplane.Snapshot{}, dataplane.ErrClosed
	}
	var s snapshot
	t.rx.mu.Lock()
	s.Receiver = t.rx.gre.Snapshot()
	if t.rx.mppe != nil {
		m := t.rx.mppe.Snapshot()
		s.Receive = &m
		s.Decoded, s.Seq, s.Count = t.rx.resync.decoded, t.rx.resync.seq, t.rx.resync.count
	}
	t.tx.mu.Lock()
	s.Sender = t.tx.gre.Snapshot()
	if t.tx.mppe != nil {
		m := t.tx.mppe.Snapshot()
		s.Transmit = &m
	}
	t.tx.mu.Unlock()
	t.rx.mu.Unlock()
	c := &t.counters
	s.Traffic = traffic{
		RxPackets: c.rxPackets.Load(), RxOctets: c.rxOctets.Load(),
		TxPackets: c.txPackets.Load(), TxOctets: c.txOctets.Load(),
		RxFrames: c.rxFrames.Load(), LastActivity: c.lastActivity.Load(), Resets: c.resets.Load(),
	}
	data, err := json.Marshal(s)
	if err != nil {
		return dataplane.Snapshot{}, fmt.Errorf("snapshot of call %d: %w", t.key.callID, err)
	}
	return dataplane.Snapshot{Version: snapshotVersion, Data: data}, nil
}

// Restore implements dataplane.Tunnel. The peer's call id is that of the
// snapshot. An error leaves the tunnel as it was.
func (t *Tunnel) Restore(from dataplane.Snapshot) error {
	if t.closed.Load() {
		return dataplane.ErrClosed
	}
	if from.Version != snapshotVersion {
		return fmt.Errorf("restore call %d: snapshot of version %d, want %d", t.key.callID, from.Version, snapshotVersion)
	}
	if err := t.restore(from.Data); err != nil {
		return fmt.Errorf("restore call %d: %w", t.key.callID, err)
	}
	return nil
}

func (t *Tunnel) restore(data []byte) error {
	var s snapshot
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	receiver, err := gre.RestoreReceiver(s.Receiver)
	if err != nil {
		return err
	}
	sender, err := gre.RestoreSender(s.Sender, time.Now(), 0)
	if err != nil {
		return err
	}
	var decryptor *mppe.Decryptor
	if s.Receive != nil {
		if decryptor, err = mppe.RestoreDecryptor(*s.Receive); err != nil {
			return err
		}
	}
	var encryptor *mppe.Encryptor
	if s.Transmit != nil {
		if encryptor, err = mppe.RestoreEncryptor(*s.Transmit); err != nil {
			return err
		}
	}
	t.rx.mu.Lock()
	t.rx.gre, t.rx.mppe = receiver, decryptor
	t.rx.resync = resync{decoded: s.Decoded, seq: s.Seq, count: s.Count}
	t.tx.mu.Lock()
	t.tx.gre, t.tx.mppe = sender, encryptor
	deadline := sender.Deadline()
	t.tx.mu.Unlock()
	t.rx.mu.Unlock()
	c := &t.counters
	c.rxPackets.Store(s.Traffic.RxPackets)
	c.rxOctets.Store(s.Traffic.RxOctets)
	c.txPackets.Store(s.Traffic.TxPackets)
	c.txOctets.Store(s.Traffic.TxOctets)
	c.rxFrames.Store(s.Traffic.RxFrames)
	c.lastActivity.Store(s.Traffic.LastActivity)
	c.resets.Store(s.Traffic.Resets)
	t.engine.timers.schedule(t, deadline)
	return nil
}
