package e2e

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
)

// kubectl runs kubectl as the administrator and returns what it printed.
func kubectl(t testing.TB, args ...string) string {
	t.Helper()
	return feed(t, "", args...)
}

// feed runs kubectl with something to read.
func feed(t testing.TB, stdin string, args ...string) string {
	t.Helper()
	stdout, stderr, code := exits(t, stdin, args...)
	if code != 0 {
		t.Fatalf("kubectl %s exits with %d\n%s%s", strings.Join(args, " "), code, stdout, stderr)
	}
	return stdout
}

// exits runs kubectl and returns its exit code, too.
func exits(t testing.TB, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	stdout, stderr, err := cluster.KubectlAs(t, cluster.Kubeconfig(), strings.NewReader(stdin), args...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return stdout, stderr, exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return stdout, stderr, 0
}

// column returns one column of the rows that kubectl printed, by its title.
func column(t testing.TB, table, title string) []string {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(table), "\n")
	at := strings.Index(lines[0], title)
	if at < 0 {
		t.Fatalf("no column %s in\n%s", title, table)
	}
	var cells []string
	for _, line := range lines[1:] {
		cell, _, _ := strings.Cut(line[min(at, len(line)):], " ")
		cells = append(cells, cell)
	}
	return cells
}
