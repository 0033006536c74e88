package ppptest

import (
	"slices"
	"strings"
)

// Match reports whether a description (of Describe or DescribeOutput) fits a
// pattern. "*" as a value fits any value; "..." allows words that the pattern
// does not name, in any order. A frame's id may be left out. The options of a
// Configure-Request may stand in any order, since their order is the sender's
// choice; those of an answer may not (RFC 1661 §5.2 to §5.4).
func Match(pattern, description string) bool {
	want, err := words(pattern)
	if err != nil {
		return false
	}
	got, err := words(description)
	if err != nil || len(want) == 0 || len(got) == 0 {
		return false
	}
	if want[0] != got[0] {
		return false
	}
	open := false
	if i := slices.Index(want, "..."); i >= 0 {
		open, want = true, slices.Delete(want, i, i+1)
	}
	_, isFrame := protocolNumber(want[0])
	if !isFrame && want[0] != "raw" {
		return subset(want[1:], got[1:])
	}
	if isFrame && !hasID(want) {
		got = slices.DeleteFunc(slices.Clone(got), func(w string) bool { return strings.HasPrefix(w, "id=") })
	}
	switch {
	case open:
		return subset(want, got)
	case len(want) != len(got):
		return false
	case len(want) > 1 && want[1] == "ConfReq":
		return subset(want, got)
	}
	for i := range want {
		if !wordMatches(want[i], got[i]) {
			return false
		}
	}
	return true
}

func hasID(w []string) bool {
	return slices.ContainsFunc(w, func(s string) bool { return strings.HasPrefix(s, "id=") })
}

// subset reports whether each wanted word is there.
func subset(want, got []string) bool {
	for _, w := range want {
		if !slices.ContainsFunc(got, func(g string) bool { return wordMatches(w, g) }) {
			return false
		}
	}
	return true
}

func wordMatches(pattern, word string) bool {
	if name, ok := strings.CutSuffix(pattern, "=*"); ok {
		return strings.HasPrefix(word, name+"=")
	}
	return pattern == "*" || pattern == word
}
