package provisioner

import (
	"context"
	"slices"
	"strings"

	"platform.example.io/stores/pkg/engine"
	"platform.example.io/stores/pkg/health"
)

// ReasonEngineNotInstalled is on ResourcesApplied of a Store whose engine, or
// the revision, version or plan that it runs, is not installed.
const ReasonEngineNotInstalled = "EngineNotInstalled"

// pin chooses the engine's revision: the one the store runs, so that a platform
// upgrade does not change every shop at once. A new store gets the latest; one
// that orders a version or plan which its revision does not have moves to the
// next revision that has both.
//
// What is not installed, after a rollback of the platform for example, is left
// untouched: an older revision might undo what a newer one did to the data.
func (p *Provisioner) pin(_ context.Context, w *work) *stop {
	spec := w.store.Spec
	installed, found := p.catalogue.Lookup(spec.Engine)
	if !found {
		return refuse(ReasonEngineNotInstalled, "engine %s is not installed; the shop is left as it is until the platform has it again (installed: %s)",
			spec.Engine, strings.Join(p.catalogue.Names(), ", "))
	}
	candidates := []string{installed.Latest().Name}
	if running := w.store.Status.EngineRevision; running != "" {
		at := slices.Index(installed.Revisions(), running)
		if at < 0 {
			return refuse(ReasonEngineNotInstalled, "revision %s of engine %s is not installed; the shop is left as it is until the platform has it again (installed: %s)",
				running, spec.Engine, strings.Join(installed.Revisions(), ", "))
		}
		candidates = installed.Revisions()[at:]
	}
	for _, name := range candidates {
		if revision, found := installed.Revision(name); found && offers(revision, spec.Version, spec.Plan) {
			w.revision = revision
			return nil
		}
	}
	return refuse(ReasonEngineNotInstalled, "no installed revision of engine %s has version %q and plan %q; choose others in spec, or install the revision that has them",
		spec.Engine, spec.Version, spec.Plan)
}

func offers(revision *engine.Revision, version, plan string) bool {
	return revision.HasVersion(version) && revision.HasPlan(plan)
}

// refuse stops the work until something changes.
func refuse(reason, format string, args ...any) *stop {
	return &stop{verdict: health.Fails(health.Stalled, reason, format, args...)}
}
