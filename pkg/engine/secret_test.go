package engine_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"platform.example.io/stores/pkg/engine"
)

func TestSecretKeyMake(t *testing.T) {
	lookup := func(secret, key string) (string, bool) {
		value, found := map[string]string{"/user": "u", "other/pass": "p"}[secret+"/"+key]
		return value, found
	}
	tests := []struct {
		name, reason string
		key          engine.SecretKey
		random       io.Reader
		want         string
		wantErr      bool
	}{
		{"value", "it is what it is", engine.SecretKey{Value: "admin"}, nil, "admin", false},
		{"format", "references are to this and to earlier secrets", engine.SecretKey{Format: "x://$(user):$(other/pass)@y"}, nil, "x://u:p@y", false},
		{"format without reference", "a dollar alone means itself", engine.SecretKey{Format: "$1"}, nil, "$1", false},
		{"format of nothing", "half a connection string is worse than none", engine.SecretKey{Format: "$(user)$(gone)"}, nil, "", true},
		{"random", "bytes select characters", engine.SecretKey{Length: 3, Alphabet: engine.Hex}, bytes.NewReader([]byte{0, 15, 16, 0, 0, 0}), "0f0", false},
		{"random without bias", "62 letters: bytes from 248 on would prefer the first ones", engine.SecretKey{Length: 2, Alphabet: engine.Alphanumeric}, bytes.NewReader([]byte{248, 255, 1, 250, 61, 0, 0, 0}), "b9", false},
		{"no alphabet", "an empty password must not be made", engine.SecretKey{Length: 3}, bytes.NewReader(make([]byte, 99)), "", true},
		{"no length", "an empty password must not be made", engine.SecretKey{Alphabet: engine.Hex}, bytes.NewReader(make([]byte, 99)), "", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.key.Make(test.random, lookup)
			if got != test.want || (err != nil) != test.wantErr {
				t.Errorf("Make() = %q, %v; want %q, error: %t, because %s", got, err, test.want, test.wantErr, test.reason)
			}
		})
	}
	if _, err := (engine.SecretKey{Length: 8, Alphabet: engine.Hex}).Make(strings.NewReader("x"), lookup); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Make() with too few random bytes: %v, want the reader's error", err)
	}
}

// TestSecretsCanBeMade makes every Secret of every engine, in order, as the
// provisioner does.
func TestSecretsCanBeMade(t *testing.T) {
	for _, in := range everyPlan(t) {
		release, err := render(embedded(t), in)
		if err != nil {
			t.Fatalf("render: %v", err)
		}
		made := map[string]map[string]string{}
		for _, secret := range release.Secrets {
			made[secret.Name] = map[string]string{}
			for _, key := range secret.Data {
				value, err := key.Make(bytes.NewReader(bytes.Repeat([]byte("random"), 100)), func(other, key string) (string, bool) {
					if other == "" {
						other = secret.Name
					}
					value, found := made[other][key]
					return value, found
				})
				if err != nil || value == "" || strings.Contains(value, "$(") {
					t.Errorf("key %s of Secret %s is %q: %v", key.Key, secret.Name, value, err)
				}
				made[secret.Name][key.Key] = value
			}
		}
		if made[release.AdminSecret]["password"] == "" {
			t.Errorf("Secret %s has no password", release.AdminSecret)
		}
	}
}
