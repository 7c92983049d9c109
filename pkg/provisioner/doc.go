// Package provisioner is the controller of stores: it brings each to what its
// spec says, keeps it so, and writes what it sees to the Store's status.
//
// One reconcile is one pass through the stages, each in a file of its own:
// reconcile (order), conflict, pin, render, bind, secret, mark, order and apply, prune,
// observe, rollout, status and event; termination replaces them for a store that is being
// deleted. A pass can end at any instruction. What the next one needs is in the
// cluster: memory holds caches, never facts.
//
// # Duties
//
// It reads and writes Stores only through the API, with an identity of its own, as
// any user's controller would. It writes nothing that is not rendered, except Secrets,
// whose values it makes once. It costs no request when nothing has changed:
// whether an object is as rendered is read from a cache (see ownership.go). One
// store is worked on by one worker at a time, several at once, the urgent first.
// It also probes the shops (package storefront); what they answer is an observation
// like any other.
//
// # Dangers
//
// Deciding by memory, or by an annotation that users can write, breaks what the
// stages promise. A cache is always behind: own writes are remembered until it
// has caught up (recent.go), and writes that must not overtake another carry the
// version or uid of what was read. A provisioner that may have lost its lease sends
// no write (fence.go); what it sent before can still arrive, and is therefore
// idempotent, conditional, or corrected by the next pass.
//
// # Permissions
//
// All that the provisioner's account needs. Over all namespaces it reads, and
// nothing that it reads there holds a secret; it writes reports on stores, and in
// the namespace of each store the RoleBinding that gives it its role there, and one
// that lets the store's creator look in.
//
//	platform.example.io       stores                       get list watch
//	platform.example.io       stores/status                update
//	""                        namespaces                   get
//	storage.k8s.io            storageclasses               get
//	""                        pods events                  list watch
//	of every kind below but secrets                        list watch
//	rbac.authorization.k8s.io rolebindings                 list watch create, and get patch of store-provisioner
//	rbac.authorization.k8s.io clusterroles                 bind of store-provisioner-in-store and store-creator
//
// In the namespaces of stores, by the ClusterRole store-provisioner-in-store:
//
//	""                        secrets                      get create patch
//	""                        persistentvolumeclaims       create patch
//	""                        configmaps limitranges resourcequotas services serviceaccounts
//	                                                       create patch delete
//	apps                      deployments statefulsets     create patch delete
//	batch                     cronjobs jobs                create patch delete
//	autoscaling               horizontalpodautoscalers     create patch delete
//	networking.k8s.io         ingresses networkpolicies    create patch delete
//	policy                    poddisruptionbudgets         create patch delete
//	gateway.networking.k8s.io httproutes                   create patch delete
//
// In the namespace of the Lease alone: leases of coordination.k8s.io, create, and
// get and update of the one named store-provisioner. In namespace default, where
// Events about objects of the cluster live: events of events.k8s.io, create and patch.
// As everybody: to ask who it is and what it may do.
package provisioner
