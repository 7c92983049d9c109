package storefront

import (
	"maps"
	"net/netip"
	"slices"
)

// Target is a shop, and how it is asked.
type Target struct {
	// Store is the name of the store.
	Store string
	// Address of the shop's Service.
	Address netip.AddrPort
	// Scheme by which customers reach the shop, whoever ends TLS for it.
	Scheme string
	// Hosts of the store, each with the port that customers use where it is not
	// the scheme's own. The first is asked for.
	Hosts []string
	// Path and query that are asked for.
	Path string
	// Headers to ask with.
	Headers map[string]string
	// Statuses of a good answer.
	Statuses []int
}

func (t Target) equal(other Target) bool {
	return t.Store == other.Store && t.Address == other.Address && t.Scheme == other.Scheme && t.Path == other.Path &&
		slices.Equal(t.Hosts, other.Hosts) && maps.Equal(t.Headers, other.Headers) && slices.Equal(t.Statuses, other.Statuses)
}
