package real

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
	if n1, n2 := own.controlGroup(t, "n1"), own.controlGroup(t, "n2"); n1 == n2 {
		t.Errorf("both kubelets have control group %s, and remove each other's pods from it", n1)
	}
	own.kubectl(t, "cordon", "n1")
	s := own.orderMedusa(t, "moves")
	s.awaitReady(t, s.name)
	id := s.buy(t)

	own.kubectl(t, "uncordon", "n1")
	// A controller takes its taint away, and without it nothing comes here.
	await(t, "node n1 to take pods", func(ctx context.Context) (bool, string) {
		node, err := own.kube.CoreV1().Nodes().Get(ctx, "n1", metav1.GetOptions{})
		if err != nil {
			return false, err.Error()
		}
		return !node.Spec.Unschedulable && len(node.Spec.Taints) == 0, fmt.Sprintf("it is tainted %v", node.Spec.Taints)
	})
	own.LoseNode(t, "n2")
	own.kubectl(t, "wait", "--for=condition=Ready=Unknown", "node/n2", withPatience)
	own.kubectl(t, "taint", "node", "n2", taint)
	own.kubectl(t, "-n", "store-moves", "rollout", "status", "statefulset/database", withPatience)
	own.kubectl(t, "-n", "store-moves", "rollout", "status", "deployment/application", withPatience)
	s.awaitReady(t, s.name)
	s.has(t, id, "after its node was lost")
}

// controlGroup is the one below which a node's kubelet puts pods, by its own word.
func (p platform) controlGroup(t *testing.T, node string) string {
	t.Helper()
	var answer struct {
		KubeletConfig struct{ CgroupRoot string }
	}
	if err := json.Unmarshal([]byte(p.kubectl(t, "get", "--raw", "/api/v1/nodes/"+node+"/proxy/configz")), &answer); err != nil {
		t.Fatal(err)
	}
	if answer.KubeletConfig.CgroupRoot == "" {
		t.Fatalf("the kubelet of %s names no control group", node)
	}
	return answer.KubeletConfig.CgroupRoot
}
