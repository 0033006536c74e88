package pluginrpc

import (
	"errors"

	"github.com/pptpac/pptpac/aaa"
	aaav1 "github.com/pptpac/pptpac/aaa/pluginrpc/v1"
)

func authRequestToProto(r *aaa.AuthRequest) *aaav1.AuthRequest {
	return &aaav1.AuthRequest{
		SessionId: text(r.SessionID),
		User:      octets([]byte(r.User)),
		Credential: &aaav1.Credential{
			Method:    text(string(r.Credential.Method)),
			Id:        uint32(r.Credential.ID),
			Challenge: octets(r.Credential.Challenge),
			Response:  octets(r.Credential.Response),
		},
		Server:    text(r.Server),
		CallerId:  text(r.CallerID),
		CalledId:  text(r.CalledID),
		NasPort:   r.NASPort,
		Mppe:      r.MPPE,
		MppeBits:  intsToProto(r.MPPEBits),
		Requested: addressToProto(r.Requested),
		State:     octets(r.State),
		Sessions:  clamp(r.Sessions),
	}
}

func authRequestFromProto(r *aaav1.AuthRequest) (*aaa.AuthRequest, error) {
	var d decoder
	out := &aaa.AuthRequest{
		SessionID: r.GetSessionId(),
		User:      string(r.GetUser()),
		Credential: aaa.Credential{
			Method:    aaa.Method(r.GetCredential().GetMethod()),
			ID:        d.octet("request.credential.id", r.GetCredential().GetId()),
			Challenge: octets(r.GetCredential().GetChallenge()),
			Response:  octets(r.GetCredential().GetResponse()),
		},
		Server:    r.GetServer(),
		CallerID:  r.GetCallerId(),
		CalledID:  r.GetCalledId(),
		NASPort:   r.GetNasPort(),
		MPPE:      r.GetMppe(),
		MPPEBits:  intsFromProto(r.GetMppeBits()),
		Requested: d.address("request.requested", r.GetRequested()),
		State:     octets(r.GetState()),
		Sessions:  int(r.GetSessions()),
	}
	return out, d.err
}

var errNoVerdict = errors.New("the backend returned neither verdict nor error")

func verdictToProto(v *aaa.Verdict) (*aaav1.Verdict, error) {
	if v == nil {
		return nil, errNoVerdict
	}
	out := &aaav1.Verdict{
		Reason:  text(v.Reason),
		Message: octets([]byte(v.Message)),
		Eap:     octets(v.EAP),
		Backend: text(v.Backend),
	}
	switch v.Result {
	case aaa.Reject:
		out.Outcome = &aaav1.Verdict_Reject{Reject: &aaav1.Rejection{Code: clamp(int(v.Code))}}
	case aaa.Accept:
		out.Outcome = &aaav1.Verdict_Accept{Accept: &aaav1.Acceptance{
			Policy:  policyToProto(v.Policy),
			Success: text(v.Success),
			Keys:    keysToProto(v.Keys),
		}}
	case aaa.Challenge:
		out.Outcome = &aaav1.Verdict_Challenge{Challenge: &aaav1.Continuation{State: octets(v.State)}}
	case aaa.UnknownUser:
		out.Outcome = &aaav1.Verdict_UnknownUser{UnknownUser: &aaav1.NotMine{}}
	default:
		return nil, errors.New("the backend returned a verdict without a known result")
	}
	return out, nil
}

func verdictFromProto(v *aaav1.Verdict) (*aaa.Verdict, error) {
	var d decoder
	out := &aaa.Verdict{
		Reason:  v.GetReason(),
		Message: string(v.GetMessage()),
		EAP:     octets(v.GetEap()),
		Backend: v.GetBackend(),
	}
	switch outcome := v.GetOutcome().(type) {
	case *aaav1.Verdict_Reject:
		out.Result = aaa.Reject
		out.Code = aaa.ErrorCode(outcome.Reject.GetCode())
	case *aaav1.Verdict_Accept:
		out.Result = aaa.Accept
		out.Policy = d.policy(outcome.Accept.GetPolicy())
		out.Success = outcome.Accept.GetSuccess()
		out.Keys = d.keys(outcome.Accept.GetKeys())
	case *aaav1.Verdict_Challenge:
		out.Result = aaa.Challenge
		out.State = octets(outcome.Challenge.GetState())
	case *aaav1.Verdict_UnknownUser:
		out.Result = aaa.UnknownUser
	default:
		// Also what an outcome of a later contract looks like to us. Taking it
		// for a refusal would be a guess.
		d.fail("verdict.outcome", "not one of reject, accept, challenge, unknown_user")
	}
	return out, d.err
}
