package health

import corev1 "k8s.io/api/core/v1"

func claimsAreBound(p part) *Verdict {
	for _, claim := range p.claims {
		// One that has no volume holds no data, and is made anew.
		if claim.DeletionTimestamp != nil && claim.Spec.VolumeName != "" {
			return fails(Stalled, ReasonClaimTerminating,
				"claim %s was deleted, and its data goes when the pods that use it do; keep its volume first (`kubectl patch pv %s -p '{\"spec\":{\"persistentVolumeReclaimPolicy\":\"Retain\"}}'`), and then bring it back as the operations guide says",
				claim.Name, claim.Spec.VolumeName)
		}
		switch claim.Status.Phase {
		case corev1.ClaimLost:
			return fails(Stalled, ReasonClaimLost,
				"the volume of claim %s is gone; bring the PersistentVolume %s back, or restore the store from a backup", claim.Name, claim.Spec.VolumeName)
		case corev1.ClaimBound:
		default:
			return fails(Working, ReasonClaimPending,
				"claim %s waits for a volume; if it stays so, see that %s (`kubectl -n %s describe pvc %s`)",
				claim.Name, remedy(claim), p.Namespace, claim.Name)
		}
	}
	return nil
}

func remedy(claim *corev1.PersistentVolumeClaim) string {
	if name := claim.Spec.StorageClassName; name != nil && *name != "" {
		return "storage class " + *name + " exists and its provisioner runs"
	}
	return "the platform or the cluster has a default storage class"
}
