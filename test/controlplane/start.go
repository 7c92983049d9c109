package controlplane

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
)

// Start starts a cluster for one test, and stops it when that test ends. If the
// test failed, the ends of the components' logs are in its output.
func Start(t testing.TB, options Options) *Cluster {
	t.Helper()
	c, err := Run(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(c.LogTails(4 << 10))
		}
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// Main runs the tests of a package that share one cluster, which it hands to
// use before the first of them:
//
//	var cluster *controlplane.Cluster
//
//	func TestMain(m *testing.M) {
//		os.Exit(controlplane.Main(m, controlplane.Options{}, func(c *controlplane.Cluster) { cluster = c }))
//	}
func Main(m *testing.M, options Options, use func(*Cluster)) (code int) {
	c, err := Run(context.Background(), options)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		if err := c.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}()
	use(c)
	if code = m.Run(); code != 0 {
		fmt.Fprintln(os.Stderr, c.LogTails(4<<10))
	}
	return code
}

// LogTails returns the last bytes of every component's log, under its name.
func (c *Cluster) LogTails(bytes int) string {
	var out strings.Builder
	logs := []string{c.LogPath("supervisor")}
	for _, component := range c.state.Components {
		logs = append(logs, component.LogFile)
	}
	for _, path := range logs {
		data, err := os.ReadFile(path)
		if err != nil {
			data = []byte(err.Error())
		}
		fmt.Fprintf(&out, "==> %s\n%s\n", path, data[max(0, len(data)-bytes):])
	}
	return out.String()
}
