package provisioner

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"platform.example.io/stores/pkg/engine"
)

func TestCompleteSecret(t *testing.T) {
	secret := engine.Secret{Name: "database", Data: []engine.SecretKey{
		{Key: "username", Value: "shop"},
		{Key: "password", Length: 24, Alphabet: engine.Alphanumeric},
		{Key: "url", Format: "db://$(username):$(password)@$(admin/host)"},
	}}
	admin := map[string][]byte{"host": []byte("database")}
	tests := []struct {
		name   string
		reason string
		have   map[string][]byte
		want   []string
		url    string
	}{
		{name: "new", reason: "every key is made", want: []string{"username", "password", "url"}},
		{
			name: "a key is missing", reason: "a new revision brings a key; those that exist stay, and go into it",
			have: map[string][]byte{"username": []byte("old"), "password": []byte("kept")}, want: []string{"url"}, url: "db://old:kept@database",
		},
		{
			name: "all there", reason: "nothing is made twice",
			have: map[string][]byte{"username": []byte("old"), "password": []byte("kept"), "url": []byte("db://elsewhere")}, url: "db://elsewhere",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			known := secretValues{"admin": admin, "database": tt.have}
			values, made, err := known.complete(secret)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, made); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.reason, diff)
			}
			for key, value := range tt.have {
				if string(values[key]) != string(value) {
					t.Errorf("key %s was changed", key)
				}
			}
			if tt.url != "" && string(values["url"]) != tt.url {
				t.Errorf("url is %q, want %q", values["url"], tt.url)
			}
			if tt.have == nil && len(values["password"]) != 24 {
				t.Errorf("password has %d characters", len(values["password"]))
			}
		})
	}
	if _, _, err := (secretValues{}).complete(secret); err == nil {
		t.Error("a format that refers to nothing was expanded")
	}
}
