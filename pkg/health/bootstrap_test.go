package health

import (
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// TestBootstrapAttempts: a set-up that fails says why while it is tried again, and
// when it is not.
func TestBootstrapAttempts(t *testing.T) {
	gaveUp := func(o *Observation) {
		o.Jobs[0].Status.Conditions = []batchv1.JobCondition{{Type: batchv1.JobFailed, Status: corev1.ConditionTrue, Message: "backoff limit"}}
	}
	tests := []struct {
		name, reason string
		change       []func(*Observation)
		want         string
		not          string
	}{
		{"first attempt", "nothing has failed yet", nil, "is setting the shop up", "failed"},
		{"said why", "its own words are the most exact", []func(*Observation){failedAttempt("a", 1, "the image has no plugin\n")},
			"setting the shop up failed: the image has no plugin. Job", ""},
		{"said nothing", "an exit code is better than nothing", []func(*Observation){failedAttempt("a", 1, "")},
			"container setup ended with exit code 3. Job", ""},
		{"several attempts", "the newest tells of what is wrong now",
			[]func(*Observation){failedAttempt("z", 1, "the database did not answer"), failedAttempt("a", 2, "the image has no plugin")},
			"the image has no plugin", "did not answer"},
		{"gave up", "the Job itself only says that it gave up", []func(*Observation){failedAttempt("a", 1, "the image has no plugin"), gaveUp},
			"gave up: the image has no plugin.", "backoff limit"},
		{"gave up, attempts are gone", "what the Job says is left", []func(*Observation){gaveUp}, "gave up: backoff limit.", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := healthy()
			bootstrapRuns(o)
			for _, change := range tt.change {
				change(o)
			}
			got := condition(t, Observe(o), v1alpha1.ConditionBootstrapComplete)
			if got.Status != metav1.ConditionFalse || !strings.Contains(got.Message, tt.want) || tt.not != "" && strings.Contains(got.Message, tt.not) {
				t.Errorf("BootstrapComplete is %s with %q, want it false with %q and without %q: %s", got.Status, got.Message, tt.want, tt.not, tt.reason)
			}
		})
	}
}

func failedAttempt(name string, minute int, words string) func(*Observation) {
	return func(o *Observation) {
		o.Pods = append(o.Pods, &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{
				Name: name, CreationTimestamp: metav1.NewTime(noon.Add(time.Duration(minute) * time.Minute)),
				Labels: map[string]string{labelComponent: ComponentBootstrap, batchv1.JobNameLabel: o.Jobs[0].Name},
			},
			Status: corev1.PodStatus{Phase: corev1.PodFailed, ContainerStatuses: []corev1.ContainerStatus{{
				Name: "setup", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 3, Message: words}},
			}}},
		})
	}
}
