package simulation

import (
	_ "embed"
	"strings"

	nodestage "sigs.k8s.io/kwok/kustomize/stage/node/fast"
	heartbeatstage "sigs.k8s.io/kwok/kustomize/stage/node/heartbeat"
	podstage "sigs.k8s.io/kwok/kustomize/stage/pod/fast"
)

var (
	//go:embed volume.yaml
	volumeStages string
	//go:embed grow.yaml
	growStage string
	//go:embed fail.yaml
	failStages string
)

// Stages returns kwok's configuration: how nodes, pods and volumes move on.
func Stages() []byte {
	return []byte(strings.Join([]string{
		nodestage.DefaultNodeInit,
		heartbeatstage.DefaultNodeHeartbeat, // kwok renews no leases unless told to
		podstage.DefaultPodReady,
		podstage.DefaultPodComplete,
		podstage.DefaultPodDelete,
		volumeStages,
		growStage,
		failStages,
	}, "\n---\n"))
}
