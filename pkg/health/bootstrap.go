package health

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// BootstrapPatience is how long a Job that gave up is left to be looked at before it
// is run again: what made it give up may have gone since, a registry that was down for
// longer than the Job may take, for example.
const BootstrapPatience = 30 * time.Minute

// GaveUp tells of a Job that it gave up, and when. None of its pods runs any more.
func GaveUp(job *batchv1.Job) (at time.Time, gaveUp bool) {
	for _, condition := range job.Status.Conditions {
		if condition.Type == batchv1.JobFailed && condition.Status == corev1.ConditionTrue {
			return condition.LastTransitionTime.Time, true
		}
	}
	return time.Time{}, false
}

// bootstrapPodChecks explain a Job whose pods do not get to run.
var bootstrapPodChecks = []check{
	claimsAreBound,
	podsAreScheduled,
	imagesArePulled,
	containersAreConfigured,
	memorySuffices,
	containersStayUp,
}

// bootstrapped judges the Jobs that set the shop up; ok is false where there
// are none.
func bootstrapped(o *Observation) (verdict Verdict, ok bool) {
	expected := o.expected("Job", ComponentBootstrap)
	for _, e := range expected {
		if verdict := o.bootstrapJob(e.Name); verdict != nil {
			return *verdict, true
		}
	}
	return Holds("the shop is set up"), len(expected) > 0
}

func (o *Observation) bootstrapJob(name string) *Verdict {
	at := slices.IndexFunc(o.Jobs, func(j *batchv1.Job) bool { return j.Name == name })
	if at < 0 && o.suspended() {
		return fails(Settled, ReasonSuspended, "the shop is set up when it is resumed")
	}
	if at < 0 {
		return fails(Working, ReasonNotCreated, "Job %s is not created yet", name)
	}
	job := o.Jobs[at]
	for _, condition := range job.Status.Conditions {
		if condition.Status != corev1.ConditionTrue {
			continue
		}
		switch condition.Type {
		case batchv1.JobComplete:
			return nil
		case batchv1.JobFailed, batchv1.JobFailureTarget:
			return fails(Stalled, ReasonBootstrapFailed,
				"Job %s gave up: %s Read `kubectl -n %s logs job/%s` and correct the cause; it runs again by itself about half an hour later, or now if you `kubectl -n %s delete job %s`",
				name, cmp.Or(o.lastAttempt(job), sentence(condition.Message)), o.Namespace, name, o.Namespace, name)
		}
	}
	if o.suspended() {
		return fails(Settled, ReasonSuspended, "the shop is set up when it is resumed")
	}
	return o.bootstrapPods(job)
}

func (o *Observation) bootstrapPods(job *batchv1.Job) *Verdict {
	p := part{Observation: o, component: ComponentBootstrap}
	for _, pod := range o.podsOf(ComponentBootstrap) {
		// A failed attempt stays beside the one that runs now.
		if pod.Labels[batchv1.JobNameLabel] == job.Name && pod.Status.Phase != corev1.PodFailed {
			p.pods = append(p.pods, pod)
		}
	}
	p.claims = o.claimsOf(p.pods)
	if failed := first(p, bootstrapPodChecks); failed != nil {
		return failed
	}
	if refusal := o.refusalOf(string(job.UID)); refusal != "" && len(p.pods) == 0 && job.Status.Active == 0 {
		return fails(Broken, ReasonPodsRefused, "the API server refuses pods of Job %s: %s It is tried again by itself", job.Name, sentence(refusal))
	}
	if failure := o.lastAttempt(job); failure != "" {
		return fails(Broken, ReasonBootstrapRunning,
			"setting the shop up failed: %s Job %s tries it again by itself; `kubectl -n %s logs job/%s` says more", failure, job.Name, o.Namespace, job.Name)
	}
	return fails(Working, ReasonBootstrapRunning, "Job %s is setting the shop up; `kubectl -n %s logs -f job/%s` shows how far", job.Name, o.Namespace, job.Name)
}

// lastAttempt is what the Job's newest failed pod said as it ended, as a
// sentence; empty where none failed. Engines write it to the termination log,
// because logs are not for everybody who sees the Store.
func (o *Observation) lastAttempt(job *batchv1.Job) string {
	var newest *corev1.Pod
	for _, pod := range o.podsOf(ComponentBootstrap) {
		if pod.Labels[batchv1.JobNameLabel] == job.Name && pod.Status.Phase == corev1.PodFailed &&
			(newest == nil || newest.CreationTimestamp.Before(&pod.CreationTimestamp)) {
			newest = pod
		}
	}
	if newest == nil {
		return ""
	}
	for _, status := range slices.Concat(newest.Status.InitContainerStatuses, newest.Status.ContainerStatuses) {
		if ended := status.State.Terminated; ended != nil && ended.ExitCode != 0 {
			return sentence(cmp.Or(ended.Message, fmt.Sprintf("container %s ended with exit code %d", status.Name, ended.ExitCode)))
		}
	}
	return sentence(cmp.Or(newest.Status.Message, newest.Status.Reason, "pod "+newest.Name+" failed"))
}
