package impair_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pptpac/pptpac/dataplane/impair"
)

// pass sends packets 0..n-1 and returns what arrived.
func pass(f impair.Func, n int) []byte {
	var arrived []byte
	for i := range n {
		for _, p := range f([]byte{byte(i)}) {
			arrived = append(arrived, p...)
		}
	}
	return arrived
}

func TestRates(t *testing.T) {
	tests := []struct {
		name string
		impair.Rates
		want []byte
	}{
		{"clean", impair.Rates{}, []byte{0, 1, 2, 3}},
		{"all lost", impair.Rates{Loss: 1}, nil},
		{"all twice", impair.Rates{Duplicate: 1}, []byte{0, 0, 1, 1, 2, 2, 3, 3}},
		{"pairs swapped", impair.Rates{Reorder: 1}, []byte{1, 0, 3, 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, pass(impair.New(1, tt.Rates), 4)); diff != "" {
				t.Errorf("arrived (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSameSeedSameFate(t *testing.T) {
	rates := impair.Rates{Loss: 0.2, Duplicate: 0.2, Reorder: 0.2}
	a, b := pass(impair.New(7, rates), 200), pass(impair.New(7, rates), 200)
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("two runs differ:\n%s", diff)
	}
	if cmp.Equal(a, pass(impair.New(8, rates), 200)) {
		t.Error("another seed gave the same fates")
	}
}
