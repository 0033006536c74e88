package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseWords(t *testing.T) {
	w, err := parseWords([]string{"b", "comment=a=b c", "a", "group="}, "group", "comment")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"b", "a"}, w.bare); diff != "" {
		t.Errorf("bare words (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"comment": "a=b c", "group": ""}, w.values); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"comment", "group"}, w.order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestParseWordsRefuses(t *testing.T) {
	for _, tt := range []struct{ name, arg, want string }{
		{"unknown", "x=1", "x: unknown key; allowed are group, comment"},
		{"empty key", "=1", ": unknown key; allowed are group, comment"},
		{"case", "Group=ppp", "Group: unknown key; allowed are group, comment"},
		{"twice", "group=b", "group: given twice"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseWords([]string{"group=a", tt.arg}, "group", "comment")
			if err == nil || err.Error() != tt.want || status(err) != exitUsage {
				t.Errorf("error %v, want %q as wrong use", err, tt.want)
			}
		})
	}
}

func TestParseYesNo(t *testing.T) {
	for _, b := range []bool{true, false} {
		if got, err := parseYesNo("k", yesNo(b)); err != nil || got != b {
			t.Errorf("parseYesNo(%q) = %t, %v", yesNo(b), got, err)
		}
	}
	for _, bad := range []string{"", "true", "Yes", "1", " yes"} {
		if _, err := parseYesNo("k", bad); err == nil || status(err) != exitUsage {
			t.Errorf("parseYesNo(%q): error %v, want wrong use", bad, err)
		}
	}
}
