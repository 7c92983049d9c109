package health

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestBounded(t *testing.T) {
	tests := []struct {
		name, reason, text, want string
		limit                    int
	}{
		{"short", "a text that fits is told whole", "as it is", "as it is", 20},
		{"lines", "a condition is one line", "one\n\ttwo  three", "one two three", 20},
		{"long", "a text of another program is cut", "abcdefghij", "abcde...", 8},
		{"wide", "a cut never splits a character", "ääääääää", "ää...", 8},
		{"broken", "what is not text does not reach the API", "a\xffb", "a?b", 20},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := bounded(tt.text, tt.limit)
			if got != tt.want || len(got) > tt.limit || !utf8.ValidString(got) {
				t.Errorf("bounded(%q, %d) = %q, want %q: %s", tt.text, tt.limit, got, tt.want, tt.reason)
			}
		})
	}
}

func FuzzBounded(f *testing.F) {
	f.Add("pods \"x\" is forbidden: exceeded quota", 40)
	f.Add(strings.Repeat("é\n", 100), 3)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = 3 + int(uint(limit)%998) // what callers have
		if got := bounded(text, limit); len(got) > limit || !utf8.ValidString(got) || strings.ContainsAny(got, "\n\r") {
			t.Errorf("bounded(%q, %d) = %q", text, limit, got)
		}
	})
}
