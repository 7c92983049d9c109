// Package nsstorage stores API objects as namespaces of the cluster: a
// storage.Interface whose database is kube-apiserver's /api/v1/namespaces.
//
// Duties. It owns the mapping between an object and its namespace (the Codec),
// and nothing outside this package reads or writes the keys of that mapping. It
// keeps the promises of storage.Interface: one object is one namespace, its
// resourceVersion is the namespace's, every write is one atomic request, and a
// watch can be resumed from any version that kube-apiserver still remembers.
//
// It refuses to know what a write means: defaulting, validation, admission and
// finalizers are the generic registry's. It adopts nothing: a namespace that
// does not carry the codec's label is NotFound, whatever its name.
//
// Dangers. Decoding must be total: one damaged annotation that fails a list
// would take every object out of service (and put the watch cache in a hot
// loop). Updates are merge patches of owned keys, never a PUT of a namespace:
// other controllers write there too. Objects handed out share memory with the
// decode cache and the watch cache and must not be modified by callers, as with
// the stock watch cache.
package nsstorage
