package concentrator

import (
	"testing"

	"github.com/pptpac/pptpac/concentrator/ppp"
	"github.com/pptpac/pptpac/concentrator/pptp"
)

// Every cause that a link or a call can end with leads to a row of the table.
func TestEveryCauseHasItsEffects(t *testing.T) {
	for c := ppp.CauseLowerDown; c <= ppp.CauseLoopback; c++ {
		if _, ok := causeEffects[fromPPP[c]]; !ok {
			t.Errorf("ppp cause %d leads to %q, which has no effects", c, fromPPP[c])
		}
	}
	for c := pptp.CallClearedByPeer; c <= pptp.CallConnectionLost; c++ {
		if _, ok := causeEffects[fromCall[c]]; !ok {
			t.Errorf("call cause %d leads to %q, which has no effects", c, fromCall[c])
		}
	}
	for cause, e := range causeEffects {
		if e.reason == "" {
			t.Errorf("%s: no reason for the administrator", cause)
		}
		if e.radius == 0 {
			t.Errorf("%s: no Acct-Terminate-Cause", cause)
		}
		if e.result < pptp.DisconnectLostCarrier || e.result > pptp.DisconnectRequest {
			t.Errorf("%s: Call-Disconnect-Notify result %d, want 1 to 4", cause, e.result)
		}
		if (e.result == pptp.DisconnectGeneralError) != (e.err != pptp.ErrorNone) {
			t.Errorf("%s: result %s with error %s: an error code belongs to General Error and to nothing else", cause, e.result, e.err)
		}
	}
}
