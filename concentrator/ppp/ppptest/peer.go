package ppptest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pptpac/pptpac/concentrator/ppp"
)

// peerFrame makes the frame of a line ">".
func (r *runner) peerFrame(text string) ([]byte, error) {
	w, err := words(text)
	if err != nil || len(w) == 0 {
		return nil, fmt.Errorf("what frame? %w", err)
	}
	switch w[0] {
	case "ack", "nak", "rej":
		return r.configureAnswer(w)
	case "response":
		return r.response(w[1:])
	case "success":
		return Compose(fmt.Sprintf("chap Success id=%d %q", r.credential.ID, r.authenticator))
	}
	return Compose(text)
}

// configureAnswer answers the machine's last Configure-Request.
func (r *runner) configureAnswer(w []string) ([]byte, error) {
	if len(w) < 2 {
		return nil, fmt.Errorf("%s of which protocol?", w[0])
	}
	proto, ok := protocolNumber(w[1])
	request := r.requests[proto]
	if !ok || request == nil {
		return nil, fmt.Errorf("there was no Configure-Request of %s", w[1])
	}
	code := map[string]uint8{"ack": 2, "nak": 3, "rej": 4}[w[0]]
	data := request[6:]
	if len(w) > 2 || code != 2 {
		var err error
		if data, err = composeOptions(proto, w[2:]); err != nil {
			return nil, err
		}
	}
	return Packet(proto, code, request[3], data), nil
}

// response answers the machine's last Challenge; the words replace name and
// password of the script's user, and the identifier.
func (r *runner) response(w []string) ([]byte, error) {
	if r.challenge == nil {
		return nil, fmt.Errorf("there was no Challenge")
	}
	u, id := r.script.User, r.challengeID
	for _, word := range w {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "id":
			n, err := strconv.ParseUint(value, 10, 8)
			if err != nil {
				return nil, err
			}
			id = uint8(n)
		case "user", "password":
			s, err := strconv.Unquote(value)
			if err != nil {
				return nil, err
			}
			if name == "user" {
				u.Name = s
			} else {
				u.Password = s
			}
		default:
			return nil, fmt.Errorf("no field %q", name)
		}
	}
	c := u.Respond(ppp.NeedCredential{Method: r.method, ID: id, Challenge: r.challenge, PeerChallenge: PeerChallenge()})
	return Compose(fmt.Sprintf("chap Response id=%d value=%x name=%s", id, c.Response, strconv.QuoteToASCII(u.Name)))
}

// PeerChallenge is what a scripted MS-CHAPv2 peer challenges with.
func PeerChallenge() []byte { return []byte("ABCDEFGHabcdefgh") }

// input makes the input of a line "=".
func (r *runner) input(text string) (ppp.Input, error) {
	w, err := words(text)
	if err != nil || len(w) == 0 {
		return nil, fmt.Errorf("what input? %w", err)
	}
	switch w[0] {
	case "up":
		return ppp.LowerUp{}, nil
	case "down":
		return ppp.LowerDown{}, nil
	case "tick":
		return ppp.Tick{}, nil
	case "reset":
		return ppp.MPPEReset{}, nil
	case "grant":
		return r.end.Address.Grant(), nil
	case "credential":
		return r.end.User.Respond(r.credential), nil
	case "nocredential":
		return ppp.CredentialFailure{Attempt: r.credential.Attempt, Reason: "no such user"}, nil
	case "terminate":
		reason := ""
		if len(w) > 1 {
			if reason, err = strconv.Unquote(w[1]); err != nil {
				return nil, err
			}
		}
		return ppp.Terminate{Reason: reason}, nil
	case "verdict":
		return r.verdict(w[1:])
	}
	return nil, fmt.Errorf("no input %q", w[0])
}

// verdict judges the last NeedAuth: "judge" honestly, "accept" and "reject"
// in any case; late belongs to an attempt of the past.
func (r *runner) verdict(w []string) (ppp.Input, error) {
	v := r.end.User.Judge(r.needAuth)
	if len(w) == 0 {
		return v, nil
	}
	switch w[0] {
	case "accept":
		if !v.Accept {
			return nil, fmt.Errorf("the response is not the user's")
		}
		return v, nil
	case "late":
		v.Attempt--
		return v, nil
	case "reject":
		v = ppp.AuthVerdict{Attempt: r.needAuth.Attempt}
		for _, word := range w[1:] {
			if n, err := strconv.Atoi(word); err == nil {
				v.Code = n
			} else if v.Message, err = strconv.Unquote(word); err != nil {
				return nil, err
			}
		}
		return v, nil
	}
	return nil, fmt.Errorf("no verdict %q", w[0])
}
