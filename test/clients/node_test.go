package clients

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestNode has @kubernetes/client-node order a shop, change it, wait for it and
// delete it; TestInformers has its informer.
func TestNode(t *testing.T) {
	t.Parallel()
	newStore(t, "node")
	ctx, stop := context.WithTimeout(t.Context(), 2*patience)
	defer stop()
	command := node(t, "order.mjs")
	command.Env = append(os.Environ(), "KUBECONFIG="+cluster.Kubeconfig())
	complaints := &tail{}
	command.Stderr = complaints
	defer context.AfterFunc(ctx, func() { _ = command.Process.Kill() })()
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, complaints)
	}
	want := []string{
		"created node, generation 1",
		"a second time: 409 AlreadyExists",
		"ready at http://node.localtest.me",
		"merge patch: Merged, generation 2",
		"apply of another: 409 .spec.displayName",
		"stale update: 409 Conflict",
		"invalid: 422 spec.plan",
		"deleted: Terminating",
		"gone: 404",
	}
	if diff := cmp.Diff(want, strings.Split(strings.TrimSpace(string(out)), "\n")); diff != "" {
		t.Errorf("it says (-want +got):\n%s", diff)
	}
	untilGone(t, "node")
}
