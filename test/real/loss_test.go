package real

import (
	"testing"

	"platform.example.io/stores/test/controlplane"
)

// taint says that a node is gone for good, so that what was on it may start
// elsewhere: https://kubernetes.io/docs/concepts/cluster-administration/node-shutdown/
const taint = "node.kubernetes.io/out-of-service=nodeshutdown:NoExecute"

// TestShopSurvivesItsNode has a cluster of its own: a node does not come back.
func TestShopSurvivesItsNode(t *testing.T) {
	options, err := platformOptions()
	if err != nil {
		t.Fatal(err)
	}
	options.RealNodes = 2
	own := platformOn(controlplane.Start(t, options))
	own.kubectl(t, "cordon", "n1")
	s := own.orderMedusa(t, "moves")
	s.awaitReady(t, s.name)
	id := s.buy(t)

	own.kubectl(t, "uncordon", "n1")
	own.LoseNode(t, "n2")
	own.kubectl(t, "wait", "--for=condition=Ready=Unknown", "node/n2", "--timeout=5m")
	own.kubectl(t, "taint", "node", "n2", taint)
	own.kubectl(t, "-n", "store-moves", "rollout", "status", "statefulset/database", "--timeout=5m")
	own.kubectl(t, "-n", "store-moves", "rollout", "status", "deployment/application", "--timeout=5m")
	s.awaitReady(t, s.name)
	s.has(t, id, "after its node was lost")
}
