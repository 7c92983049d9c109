package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestConfigurationFitsTheEngines wants a process not to start with a Secret that
// would be generated although somebody meant it not to be.
func TestConfigurationFitsTheEngines(t *testing.T) {
	tests := []struct{ name, secrets, want string }{
		{"known", "{medusa: {tokens: {source: Existing}}}", ""},
		{"misspelt", "{medusa: {tokenz: {source: Existing}}}", `secrets[medusa]: Unsupported value: "tokenz"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "platform.yaml")
			text := "apiVersion: config.platform.example.io/v1alpha1\nkind: PlatformConfiguration\nsecrets: " + test.secrets + "\n"
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			platform, _, err := (&PlatformOptions{ConfigFile: path}).load()
			if test.want == "" {
				if err != nil || !platform.ExistingSecret("medusa", "tokens") || platform.ExistingSecret("medusa", "cache") {
					t.Errorf("load() = %+v, %v", platform, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("load() gives %v, want the file and %q", err, test.want)
			}
		})
	}
}
