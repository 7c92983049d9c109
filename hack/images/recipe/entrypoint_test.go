package recipe

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEntrypoint(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("of the file"), 0o600); err != nil {
		t.Fatal(err)
	}
	const starts = `echo "server: $*"`
	const reads = `password=$(from_file PASSWORD); echo "$password"`
	for _, test := range []struct {
		name        string
		script      string
		arguments   []string
		environment []string
		want        string
		fails       bool
		reason      string
	}{
		{name: "no arguments", script: starts, want: "server: \n", reason: "the image may be run without its command"},
		{name: "the server", script: starts, arguments: []string{"postgres", "-c", "a=b"}, want: "server: -c a=b\n", reason: "that is the image's command"},
		{name: "flags", script: starts, arguments: []string{"-c", "a=b"}, want: "server: -c a=b\n", reason: "they are the server's"},
		{name: "another command", script: starts, arguments: []string{"echo", "hello"}, want: "hello\n", reason: "nothing is started beside it"},
		{name: "a value", script: reads, environment: []string{"PASSWORD=of the variable"}, want: "of the variable\n", reason: "as the official images take it"},
		{name: "a file", script: reads, environment: []string{"PASSWORD_FILE=" + file}, want: "of the file\n", reason: "as a mounted Secret has it"},
		{name: "neither", script: reads, want: "\n", reason: "the script decides whether it can do without"},
		{name: "both", script: reads, environment: []string{"PASSWORD=x", "PASSWORD_FILE=" + file}, fails: true,
			want: "postgres: both PASSWORD and PASSWORD_FILE are set; set one of them\n", reason: "one of them would be ignored"},
	} {
		t.Run(test.name, func(t *testing.T) {
			script := "server=postgres\n" + string(entrypointLibrary) + test.script
			command := exec.Command("sh", append([]string{"-euc", script, "entrypoint"}, test.arguments...)...)
			command.Env = append(os.Environ(), test.environment...)
			output, err := command.CombinedOutput()
			if (err != nil) != test.fails {
				t.Errorf("it ended with %v: %s", err, test.reason)
			}
			if diff := cmp.Diff(test.want, string(output)); diff != "" {
				t.Errorf("output (-want +got), %s:\n%s", test.reason, diff)
			}
		})
	}
}

// TestOneAssignmentALine: a shell goes on where an earlier one of several fails.
func TestOneAssignmentALine(t *testing.T) {
	for name, script := range map[string][]byte{"mariadb": mariadbEntrypoint, "postgres": postgresEntrypoint} {
		for line := range strings.Lines(string(script)) {
			if strings.Count(line, "$(from_file ") > 1 {
				t.Errorf("%s reads several values in one statement: %s", name, line)
			}
		}
	}
}
