// Package certificate keeps the API server's own serving certificate, where nobody
// else does: it makes one, renews it, and has kube-apiserver trust it.
//
// What there is lies in one Secret, which every replica reads, and any of them may
// advance: a write carries the version of what was read, so that of several that
// see the same thing due, one writes and the others read again. There is no leader
// and nothing is remembered. material.go is the Secret's content, advance.go decides
// what is next from that, the time and what is trusted already, keeper.go carries it
// out and serves the result. expiry.go reports how long what is served is good,
// whoever made it.
//
// # Order
//
// A certificate is served only after the APIService's caBundle was seen to hold its
// authority. A new authority is first trusted beside the old, then signs, and the
// old is trusted until it runs out; so no replica ever serves what kube-apiserver
// does not trust, however far behind the others it is.
//
// # Dangers
//
// The Secret holds the authority's key. Whoever reads it can pretend to be the API
// server to kube-apiserver, and receives what users send. The account of the API
// server can read and write that Secret and no other, and cannot create one: the
// chart does, without content.
package certificate
