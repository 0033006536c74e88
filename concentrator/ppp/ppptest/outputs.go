package ppptest

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/pptpac/pptpac/concentrator/ppp"
)

var methodNames = map[ppp.AuthMethod]string{
	ppp.AuthNone: "none", ppp.PAP: "pap", ppp.CHAPMD5: "md5", ppp.MSCHAPv1: "mschapv1", ppp.MSCHAPv2: "mschapv2",
}

var causeNames = map[ppp.Cause]string{
	ppp.CauseLowerDown: "LowerDown", ppp.CauseClosed: "Closed", ppp.CausePeerTerminated: "PeerTerminated",
	ppp.CauseNoFrames: "NoFrames", ppp.CauseLCPTimeout: "LCPTimeout", ppp.CauseLCPFailed: "LCPFailed",
	ppp.CauseNoCommonAuth: "NoCommonAuth", ppp.CauseAuthTimeout: "AuthTimeout", ppp.CauseAuthRejected: "AuthRejected",
	ppp.CausePeerAuthFailed: "PeerAuthFailed", ppp.CauseServerAuthFailed: "ServerAuthFailed",
	ppp.CauseNoCredential: "NoCredential", ppp.CauseEncryptionRefused: "EncryptionRefused",
	ppp.CauseEncryptionNoKeys: "EncryptionNoKeys", ppp.CauseEncryptionLost: "EncryptionLost",
	ppp.CauseIPCPFailed: "IPCPFailed", ppp.CauseIPCPTimeout: "IPCPTimeout", ppp.CauseEchoFailure: "EchoFailure",
	ppp.CauseLoopback: "Loopback",
}

// CauseName is the cause in the notation, without "Cause".
func CauseName(c ppp.Cause) string {
	if name, ok := causeNames[c]; ok {
		return name
	}
	return fmt.Sprintf("Cause%d", c)
}

// EncodingName is the encoding in the notation: none, 128s (stateless), 40.
func EncodingName(e ppp.Encoding) string {
	switch {
	case e.Bits == 0:
		return "none"
	case e.Stateless:
		return strconv.Itoa(e.Bits) + "s"
	}
	return strconv.Itoa(e.Bits)
}

// DescribeOutput writes an output in the notation: a frame as Describe does,
// another as its name and name=value words.
func DescribeOutput(out ppp.Output) string {
	switch o := out.(type) {
	case ppp.SendFrame:
		return Describe(o.Data)
	case ppp.LinkUp:
		s := fmt.Sprintf("LinkUp mru=%d auth=%s", o.PeerMRU, methodNames[o.Auth])
		if o.PFC {
			s += " pcomp"
		}
		if o.ACFC {
			s += " accomp"
		}
		return s
	case ppp.PeerIdent:
		return "PeerIdent text=" + strconv.QuoteToASCII(o.Text)
	case ppp.NeedAuth:
		return fmt.Sprintf("NeedAuth method=%s user=%s id=%d challenge=%x response=%x",
			methodNames[o.Method], strconv.QuoteToASCII(o.User), o.ID, o.Challenge, o.Response)
	case ppp.NeedCredential:
		return fmt.Sprintf("NeedCredential method=%s server=%s id=%d challenge=%x peer=%x",
			methodNames[o.Method], strconv.QuoteToASCII(o.ServerName), o.ID, o.Challenge, o.PeerChallenge)
	case ppp.AuthDone:
		return fmt.Sprintf("AuthDone method=%s user=%s", methodNames[o.Method], strconv.QuoteToASCII(o.User))
	case ppp.NeedAddress:
		return "NeedAddress asked=" + addrName(o.Asked)
	case ppp.ArmReceive:
		return fmt.Sprintf("ArmReceive %s key=%s", EncodingName(o.Key.Encoding), hex.EncodeToString(o.Key.StartKey))
	case ppp.ArmTransmit:
		return fmt.Sprintf("ArmTransmit %s key=%s", EncodingName(o.Key.Encoding), hex.EncodeToString(o.Key.StartKey))
	case ppp.LayerUp:
		return layerUpText(o)
	case ppp.Finished:
		return fmt.Sprintf("Finished cause=%s detail=%s", CauseName(o.Cause), strconv.QuoteToASCII(o.Detail))
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", out), "ppp.")
}

func layerUpText(o ppp.LayerUp) string {
	s := fmt.Sprintf("LayerUp local=%s remote=%s mtu=%d receive=%s send=%s", addrName(o.Local), addrName(o.Remote),
		o.MTU, EncodingName(o.Receive), EncodingName(o.Send))
	for i := range 2 {
		s += fmt.Sprintf(" dns%d=%s nbns%d=%s", i+1, addrName(o.DNS[i]), i+1, addrName(o.NBNS[i]))
	}
	if o.PFC {
		s += " pcomp"
	}
	if o.ACFC {
		s += " accomp"
	}
	return s
}

func addrName(a netip.Addr) string {
	if !a.IsValid() {
		return "none"
	}
	return a.String()
}
