package provisioner

import (
	"context"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"

	"platform.example.io/stores/pkg/health"
)

// supersede stops bootstrap Jobs that have not finished and are no longer
// wanted, and returns the names of the wanted ones that have to wait until the
// last pod of those is gone: two set-ups, or migrations, of one database must
// not run at once.
func (p *Provisioner) supersede(ctx context.Context, w *work) (held map[string]bool, halt *stop) {
	wanted := map[string]bool{}
	components := map[string]bool{}
	for _, d := range w.release.objects {
		if d.kind.GroupKind() == kindJob {
			wanted[d.name] = true
			components[d.component] = true
		}
	}
	waiting := false
	for _, job := range list[*batchv1.Job](p.caches, kindJob, w.store.Name) {
		if wanted[job.Name] || !ours(job) || !components[job.Labels[labelComponent]] || finished(job) {
			continue
		}
		waiting = true
		if job.DeletionTimestamp != nil {
			continue
		}
		if err := p.deleteObject(ctx, p.caches.mustKind(kindJob), job); err != nil {
			return nil, &stop{verdict: stopFor([]failure{classify(&desired{kind: batchv1.SchemeGroupVersion.WithKind("Job"), name: job.Name}, err)}).verdict,
				err: fmt.Errorf("stop superseded job %s: %w", job.Name, err)}
		}
		klog.FromContext(ctx).Info("Stopped a superseded Job", "name", job.Name)
	}
	for _, pod := range list[*corev1.Pod](p.caches, kindPod, w.store.Name) {
		job, ofJob := pod.Labels[batchv1.JobNameLabel]
		if ofJob && components[pod.Labels[labelComponent]] && !wanted[job] && !ended(pod) {
			waiting = true
		}
	}
	if !waiting {
		return nil, nil
	}
	// A wanted Job that exists has started already; it is kept as rendered.
	for _, job := range list[*batchv1.Job](p.caches, kindJob, w.store.Name) {
		delete(wanted, job.Name)
	}
	return wanted, nil
}

// repeat deletes a Job that gave up a while ago, so that it is made anew and runs
// again; engines promise that theirs can. Otherwise a shop whose cause of failure is
// long gone would wait for somebody to notice.
func (p *Provisioner) repeat(ctx context.Context, w *work, of *kindCache, live metav1.Object) (repeated bool, err error) {
	job, isJob := live.(*batchv1.Job)
	if !isJob || w.store.Spec.Suspend || !ours(job) || job.DeletionTimestamp != nil {
		return false, nil
	}
	if at, gaveUp := health.GaveUp(job); !gaveUp || p.clock.Since(at) < health.BootstrapPatience {
		return false, nil
	}
	if err := p.deleteObject(ctx, of, job); err != nil {
		return false, err
	}
	p.record(w.store, corev1.EventTypeNormal, "BootstrapRepeated", "Apply", "Had Job "+job.Name+" run again, which had given up")
	return true, nil
}

func finished(job *batchv1.Job) bool {
	for _, condition := range job.Status.Conditions {
		if (condition.Type == batchv1.JobComplete || condition.Type == batchv1.JobFailed) && condition.Status == corev1.ConditionTrue {
			return true
		}
	}
	return false
}

func ended(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

// deleteObject deletes exactly the object that was seen, and what it made. One
// that is gone is deleted; one that has been replaced meanwhile is a conflict, and
// the next attempt decides of the one that there is then.
func (p *Provisioner) deleteObject(ctx context.Context, of *kindCache, object metav1.Object) error {
	uid, background := object.GetUID(), metav1.DeletePropagationBackground
	err := p.metadata.Resource(of.resource).Namespace(object.GetNamespace()).Delete(ctx, object.GetName(), metav1.DeleteOptions{
		PropagationPolicy: &background,
		Preconditions:     &metav1.Preconditions{UID: &uid},
	})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
