package real

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"platform.example.io/stores/test/controlplane"
)

// taint says that a node is gone for good, so that what was on it may start
// elsewhere: https://kubernetes.io/docs/concepts/cluster-administration/node-shutdown/
const taint = "node.kubernetes.io/out-of-service=nodeshutdown:NoExecute"

// TestPageSurvivesItsNode has a cluster of its own: a node does not come back.
func TestPageSurvivesItsNode(t *testing.T) {
	own := controlplane.Start(t, controlplane.Options{RealNodes: 2})
	kubectl := func(args ...string) string {
		t.Helper()
		out, errOut, err := own.Kubectl(t, args...)
		if err != nil {
			t.Fatalf("kubectl %s: %v: %s", strings.Join(args, " "), err, errOut)
		}
		return out
	}
	page := func(what string) (body string) {
		await(t, what, func(ctx context.Context) (bool, string) {
			status, said, err := visitAt(ctx, own.Ingress(), "page.localtest.me", "/")
			body = said
			return err == nil && status == http.StatusOK, fmt.Sprintf("status %d, error %v\n%s", status, err,
				kubectl("-n", "page", "get", "pods", "-o", "wide"))
		})
		return body
	}

	kubectl("cordon", "n1")
	kubectl("apply", "-f", "testdata/page.yaml")
	first := page("the page on the second node")
	kubectl("uncordon", "n1")
	own.LoseNode(t, "n2")
	kubectl("wait", "--for=condition=Ready=Unknown", "node/n2", "--timeout=5m")
	kubectl("taint", "node", "n2", taint)
	kubectl("-n", "page", "wait", "--for=delete", "pod", "--field-selector=spec.nodeName=n2", "--timeout=5m")
	if again := page("the page on the first node"); again != first {
		t.Errorf("after the loss of its node the page says %q, before it said %q", again, first)
	}
}
