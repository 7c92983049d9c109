package provisioner

import (
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/engine"
	"platform.example.io/stores/pkg/health"
)

// Reasons of ResourcesApplied while one release of a shop takes over from another.
const (
	// ReasonWaitingForDatabase is a bootstrap Job, and the application after it, that
	// wait until the database has taken on the change.
	ReasonWaitingForDatabase = "WaitingForDatabase"
	// ReasonWaitingForBootstrap is an application that waits until the bootstrap Job,
	// which migrates the data, has succeeded.
	ReasonWaitingForBootstrap = "WaitingForBootstrap"
)

// succession is how far a shop that serves has come with a change: the database
// goes first, then the Job that migrates the data, then the application, so that
// what fails leaves the shop serving as before. A new shop, which serves nobody,
// and one that is suspended have none; there all is applied together and pods
// wait by themselves for what they need.
type succession struct {
	// serving is false where nothing has to be kept up.
	serving bool
	// database and bootstrap tell that these have taken the change on.
	database, bootstrap bool
	// settled tells that nothing of the shop is on its way from one size or
	// release to another.
	settled bool
}

func (p *Provisioner) succession(w *work) succession {
	s := succession{database: true, bootstrap: true, settled: true}
	for _, d := range w.release.objects {
		settled := true
		switch d.kind.GroupKind() {
		case kindStatefulSet:
			settled = takenOn(p, w, d, health.StatefulSetSettled)
			s.database = s.database && (settled || d.component != engine.ComponentDatabase)
		case kindDeployment:
			settled = takenOn(p, w, d, health.DeploymentSettled)
			s.serving = s.serving || d.component == engine.ComponentApplication && p.serves(w, d)
		case kindJob:
			// A suspended shop's Job does nothing, and a Job that is done stays what it was.
			settled = w.store.Spec.Suspend || p.succeeded(w, d)
			s.bootstrap = s.bootstrap && settled
		}
		s.settled = s.settled && settled
	}
	return s
}

// takenOn tells that an object is as rendered and that its controller has carried
// it out.
func takenOn[T metav1.Object](p *Provisioner, w *work, d *desired, carriedOut func(T) bool) bool {
	of, served := p.caches.kind(d.kind.GroupKind())
	if !served {
		return false
	}
	live := p.live(of, w.namespace, d.name)
	if !d.asRendered(live) {
		return false
	}
	cached, isCached := p.cached(of, w.namespace, d.name).(T)
	return isCached && cached.GetGeneration() >= live.GetGeneration() && carriedOut(cached)
}

// serves tells that a shop which was ready once has an application that is meant to run.
func (p *Provisioner) serves(w *work, d *desired) bool {
	of, served := p.caches.kind(d.kind.GroupKind())
	if !served || w.store.Spec.Suspend || w.store.Status.ReadyTime == nil {
		return false
	}
	live, isDeployment := p.cached(of, w.namespace, d.name).(*appsv1.Deployment)
	return isDeployment && ours(live) && live.DeletionTimestamp == nil && (live.Spec.Replicas == nil || *live.Spec.Replicas > 0)
}

func (p *Provisioner) succeeded(w *work, d *desired) bool {
	of, served := p.caches.kind(d.kind.GroupKind())
	if !served {
		return false
	}
	job, isJob := p.cached(of, w.namespace, d.name).(*batchv1.Job)
	if !isJob {
		return false
	}
	for _, condition := range job.Status.Conditions {
		if condition.Type == batchv1.JobComplete && condition.Status == corev1.ConditionTrue {
			return true
		}
	}
	return false
}

// turn tells whether it is an object's turn; the reason why not otherwise.
func (s succession) turn(d *desired) (reason string) {
	if !s.serving {
		return ""
	}
	switch d.kind.GroupKind() {
	case kindJob:
		if !s.database {
			return ReasonWaitingForDatabase
		}
	case kindDeployment, kindCronJob:
		// These do not wait: the bootstrap needs the database, and a cache has nothing to migrate.
		if d.component == engine.ComponentDatabase || d.component == engine.ComponentCache {
			return ""
		}
		if !s.database {
			return ReasonWaitingForDatabase
		}
		if !s.bootstrap {
			return ReasonWaitingForBootstrap
		}
	}
	return ""
}

// wait is what stops the work until the predecessor's turn is over.
func (w *work) wait(reason string) *stop {
	if reason == ReasonWaitingForDatabase {
		return waiting(reason, "the database takes on the change first, then the bootstrap Job, then the application; until then the application serves as before, at version %s",
			w.store.Status.EngineVersion)
	}
	return waiting(reason, "the application takes on the change once the bootstrap Job has succeeded; until then it serves as before, at version %s",
		w.store.Status.EngineVersion)
}
