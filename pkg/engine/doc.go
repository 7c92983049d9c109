// Package engine turns a Store into the objects of its shop.
//
// An engine is data: revisions of a Helm chart, each with an engine.yaml that
// declares what can be ordered (versions, plans, volumes, parameters), which
// secrets the shop needs and which kinds of objects the chart may render. The
// package loads them into a Catalogue, checks a Store's parameters against
// their schema, and renders a Store to a Release.
//
// It is pure: no cluster, no clock, no logger, no randomness. The same Store,
// revision and configuration give the same bytes for ever, which is what makes
// golden files, drift correction and revision-by-revision rollouts possible.
//
// It is also a wall. A chart and a user's values are not trusted: what was
// rendered is checked before anybody sees it (see rules.go), and an object
// that is of an undeclared kind, outside the store's namespace or above the
// declared Pod Security level makes the whole rendering fail.
//
// Danger: no secret value ever passes through here. A Release says which
// Secrets the shop needs and how each key is made; the values are made in the
// cluster, once.
package engine
