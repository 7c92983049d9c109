package agent

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/pflag"
	"k8s.io/client-go/kubernetes"
)

const kubeconfig = `apiVersion: v1
kind: Config
clusters: [{name: local, cluster: {server: "https://127.0.0.1:1"}}]
contexts: [{name: local, context: {cluster: local}}]
current-context: local
`

func TestExitCodes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(file, []byte(kubeconfig), 0o600); err != nil {
		t.Fatal(err)
	}
	reachable := []string{"--kubeconfig", file, "--health-address", "127.0.0.1:0"}
	untilItEnds := func(ctx context.Context) error { return ctx.Err() }
	for _, test := range []struct {
		name   string
		args   []string
		ended  bool
		work   func(context.Context) error
		want   int
		reason string
	}{
		{name: "told to end", args: reachable, ended: true, work: untilItEnds, reason: "that is no failure"},
		{name: "failed", args: reachable, work: func(context.Context) error { return errors.New("no more") }, want: 1, reason: "the supervisor starts it again"},
		{name: "an unknown flag", args: append(reachable, "--colour=red"), work: untilItEnds, want: 2, reason: "starting it again would not help"},
		{name: "no kubeconfig", args: []string{"--kubeconfig", file + ".missing", "--health-address", "127.0.0.1:0"}, work: untilItEnds, want: 1, reason: "it may be written later"},
		{name: "no place for health", args: []string{"--kubeconfig", file, "--health-address", "nowhere"}, work: untilItEnds, want: 1, reason: "the supervisor would wait for it for ever"},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if test.ended {
				cancel()
			}
			a := Agent{Name: "test", Run: func(ctx context.Context, _ kubernetes.Interface) error { return test.work(ctx) }}
			if got := a.main(ctx, test.args); got != test.want {
				t.Errorf("the exit code is %d, want %d: %s", got, test.want, test.reason)
			}
		})
	}
}

func TestFlagsOfItsOwn(t *testing.T) {
	var node string
	a := Agent{Name: "test", AddFlags: func(flags *pflag.FlagSet) { flags.StringVar(&node, "node", "", "") }}
	a.main(t.Context(), []string{"--node=n1", "--kubeconfig", filepath.Join(t.TempDir(), "missing")})
	if node != "n1" {
		t.Errorf("the flag is %q", node)
	}
}

func TestHealthz(t *testing.T) {
	for _, test := range []struct {
		name   string
		check  func() error
		want   int
		reason string
	}{
		{name: "no check", want: http.StatusOK, reason: "it lives"},
		{name: "well", check: func() error { return nil }, want: http.StatusOK, reason: "its check says so"},
		{name: "ill", check: func() error { return errors.New("behind") }, want: http.StatusServiceUnavailable, reason: "the cluster is not ready with it"},
	} {
		t.Run(test.name, func(t *testing.T) {
			recorder := httptest.NewRecorder()
			Agent{Check: test.check}.healthz().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/healthz", nil))
			if recorder.Code != test.want {
				t.Errorf("/healthz answers %d, want %d: %s", recorder.Code, test.want, test.reason)
			}
		})
	}
}
