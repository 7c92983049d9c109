package health

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// container is one container of a pod as it was seen.
type container struct {
	pod    *corev1.Pod
	status corev1.ContainerStatus
}

func (p part) containers() []container {
	var all []container
	for _, pod := range p.pods {
		for _, status := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
			all = append(all, container{pod: pod, status: status})
		}
	}
	return all
}

func (c container) waiting(reasons ...string) (string, bool) {
	waiting := c.status.State.Waiting
	if waiting == nil || !slices.Contains(reasons, waiting.Reason) {
		return "", false
	}
	return waiting.Message, true
}

// ended returns how the container ended: now, or the last time.
func (c container) ended() *corev1.ContainerStateTerminated {
	if c.status.State.Terminated != nil {
		return c.status.State.Terminated
	}
	return c.status.LastTerminationState.Terminated
}

func podsAreScheduled(p part) *Verdict {
	for _, pod := range p.pods {
		for _, condition := range pod.Status.Conditions {
			if condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionFalse &&
				condition.Reason == corev1.PodReasonUnschedulable {
				return fails(Broken, ReasonUnschedulable,
					"no node can run pod %s: %s Add nodes or free resources, or choose a smaller plan",
					pod.Name, sentence(withoutNodeCount(condition.Message)))
			}
		}
	}
	return nil
}

// withoutNodeCount drops "0/3 nodes are available: ", which changes with the cluster.
func withoutNodeCount(text string) string {
	if _, rest, found := strings.Cut(text, " nodes are available: "); found {
		return rest
	}
	return text
}

func imagesArePulled(p part) *Verdict {
	for _, c := range p.containers() {
		if _, bad := c.waiting("InvalidImageName", "ErrImageNeverPull"); bad {
			return fails(Stalled, ReasonImagePullFailed,
				"image %s of pod %s cannot be used: its name is not valid or pulling is forbidden; correct the engine's images or the platform's image settings",
				c.status.Image, c.pod.Name)
		}
		if _, failing := c.waiting("ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ImageInspectError"); failing {
			return fails(Broken, ReasonImagePullFailed,
				"image %s of pod %s cannot be pulled; check that it exists, that the nodes reach its registry and that the pull secret is right (`kubectl -n %s describe pod %s`)",
				c.status.Image, c.pod.Name, p.Namespace, c.pod.Name)
		}
	}
	return nil
}

func containersAreConfigured(p part) *Verdict {
	for _, c := range p.containers() {
		text, failing := c.waiting("CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError")
		if failing {
			return fails(Broken, ReasonContainerConfigInvalid, "container %s of pod %s cannot be started: %s See `kubectl -n %s describe pod %s`",
				c.status.Name, c.pod.Name, sentence(text), p.Namespace, c.pod.Name)
		}
	}
	return nil
}

func memorySuffices(p part) *Verdict {
	for _, c := range p.containers() {
		if ended := c.ended(); ended != nil && ended.Reason == "OOMKilled" && !c.status.Ready {
			return fails(Broken, ReasonOutOfMemory,
				"container %s of pod %s was killed at its memory limit; choose a larger plan (spec.plan)", c.status.Name, c.pod.Name)
		}
	}
	return nil
}

func containersStayUp(p part) *Verdict {
	for _, c := range p.containers() {
		if _, looping := c.waiting("CrashLoopBackOff"); looping {
			return fails(Broken, ReasonCrashLoop, "container %s of pod %s keeps exiting%s; read `kubectl -n %s logs %s -c %s --previous`",
				c.status.Name, c.pod.Name, exitCode(c.ended()), p.Namespace, c.pod.Name, c.status.Name)
		}
	}
	return nil
}

func podsLive(p part) *Verdict {
	for _, pod := range p.pods {
		if pod.Status.Phase == corev1.PodFailed {
			return fails(Broken, ReasonPodFailed, "pod %s has ended: %s Another one replaces it; if that repeats, check the node it ran on",
				pod.Name, sentence(strings.TrimSpace(pod.Status.Reason+" "+pod.Status.Message)))
		}
	}
	return nil
}

func exitCode(ended *corev1.ContainerStateTerminated) string {
	if ended == nil {
		return ""
	}
	return fmt.Sprintf(" (exit code %d)", ended.ExitCode)
}
