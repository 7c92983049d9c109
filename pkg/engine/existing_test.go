package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/engine"
)

var existing = config.Secret{Source: config.SecretExisting}

func TestCheckSecrets(t *testing.T) {
	type secrets = map[string]map[string]config.Secret
	tests := []struct {
		name, reason string
		secrets      secrets
		want         string // the error; empty for none
	}{
		{"none", "all are generated", nil, ""},
		{"known", "engines have these", secrets{"medusa": {"tokens": existing, "cache": {}}, "woocommerce": {"salts": existing}}, ""},
		{"no such Secret", "it would be generated where somebody relies on its being kept elsewhere", secrets{"medusa": {"token": existing}},
			`secrets[medusa]: Unsupported value: "token": supported values: "admin", "cache", "database", "tokens"`},
		{"no such engine", "so would all of its Secrets", secrets{"medussa": {"tokens": existing}},
			`secrets: Unsupported value: "medussa": supported values: "medusa", "woocommerce"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := ""
			if err := embedded(t).CheckSecrets(&config.PlatformConfiguration{Secrets: test.secrets}).ToAggregate(); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("CheckSecrets() = %q, want %q: %s", got, test.want, test.reason)
			}
		})
	}
}

// TestExistingSecrets wants a Secret to be the configuration's to say, and nothing
// else of the shop to depend on it.
func TestExistingSecrets(t *testing.T) {
	for _, in := range everyPlan(t) {
		generated, err := render(embedded(t), in)
		if err != nil {
			t.Fatalf("render: %v", err)
		}
		platform := *in.Platform
		platform.Secrets = map[string]map[string]config.Secret{in.Store.Spec.Engine: {"database": existing}}
		in.Platform = &platform
		release, err := render(embedded(t), in)
		if err != nil {
			t.Fatalf("render: %v", err)
		}
		if diff := cmp.Diff(generated.Objects, release.Objects); diff != "" {
			t.Errorf("objects depend on who makes a Secret (-generated +existing):\n%s", diff)
		}
		for i, secret := range release.Secrets {
			if secret.Existing != (secret.Name == "database") || generated.Secrets[i].Existing {
				t.Errorf("Secret %s of %s is existing: %t", secret.Name, in.Store.Spec.Engine, secret.Existing)
			}
		}
	}
}

// TestSecretsRead holds what pods are told to read to be found, whichever way they
// read it.
func TestSecretsRead(t *testing.T) {
	want := map[string]map[string][]string{
		"woocommerce": {"StatefulSet": {"database"}, "Deployment": {"database", "salts"}, "CronJob": {"database", "salts"}, "Job": {"admin", "database", "salts"}},
		"medusa":      {"StatefulSet": {"database"}, "Deployment": {"database", "tokens"}, "Job": {"admin", "database", "tokens"}},
	}
	for _, in := range everyPlan(t) {
		if in.Store.Spec.Plan != "starter" {
			continue // larger ones have a cache
		}
		release, err := render(embedded(t), in)
		if err != nil {
			t.Fatalf("render: %v", err)
		}
		got := map[string][]string{}
		for _, object := range release.Objects {
			read, err := engine.SecretsRead(object)
			if err != nil {
				t.Fatal(err)
			}
			if len(read) > 0 {
				got[object.GetKind()] = read
			}
		}
		if diff := cmp.Diff(want[in.Store.Spec.Engine], got); diff != "" {
			t.Errorf("SecretsRead() of %s (-want +got):\n%s", in.Store.Spec.Engine, diff)
		}
	}
}
