package main

import (
	"fmt"
	"net/url"
	"slices"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// kind is one of the three forms that the same data is in.
type kind struct {
	name string
	// collection is the path of the objects, and query what a list of them needs
	// beside.
	collection string
	query      url.Values
	// prefix precedes the names of the objects.
	prefix string
	// statusPath is the subresource that status is written to.
	statusPath string
}

// The custom resource that has the schema and the data of Stores.
const (
	copyGroup  = "bench.example.io"
	copyPlural = "storecopies"
	copyStatus = "storecopies/status"
	copyKind   = "StoreCopy"
)

// rawLabel tells the bare namespaces from those that are Stores.
const rawLabel = copyGroup + "/raw"

var (
	storeKind = &kind{
		name:       "stores",
		collection: "/apis/" + v1alpha1.SchemeGroupVersion.String() + "/stores",
		statusPath: "/status",
	}
	crdKind = &kind{
		name:       "crd",
		collection: "/apis/" + copyGroup + "/v1alpha1/" + copyPlural,
		statusPath: "/status",
	}
	namespaceKind = &kind{
		name:       "namespace",
		collection: "/api/v1/namespaces",
		query:      url.Values{"labelSelector": {rawLabel}},
		prefix:     "raw-",
	}
	kinds = []*kind{storeKind, crdKind, namespaceKind}
)

// list is the path of a list with more of a query.
func (k *kind) list(query url.Values) string {
	all := url.Values{}
	for _, values := range []url.Values{k.query, query} {
		for key, value := range values {
			all[key] = value
		}
	}
	if len(all) == 0 {
		return k.collection
	}
	return k.collection + "?" + all.Encode()
}

// object is the path of the object that holds the named shop.
func (k *kind) object(name string) string { return k.collection + "/" + k.prefix + name }

// shopName is the name of one shop of those that stay.
func shopName(i int) string { return fmt.Sprintf("shop-%05d", i) }

// encoding is how a response is written.
type encoding string

const (
	asJSON     encoding = "json"
	asProtobuf encoding = "protobuf"
)

func (e encoding) mediaType() string {
	if e == asProtobuf {
		return typeProtobuf
	}
	return typeJSON
}

// variant is one of the things that a figure asks for in turn.
type variant struct {
	kind     *kind
	encoding encoding
}

// Which variants a figure has. Nobody can have a custom resource in protobuf, but
// its bare metadata.
var (
	inJSON      = []variant{{storeKind, asJSON}, {crdKind, asJSON}, {namespaceKind, asJSON}}
	inBoth      = append(slices.Clone(inJSON), variant{storeKind, asProtobuf}, variant{namespaceKind, asProtobuf})
	metaInBoth  = append(slices.Clone(inBoth), variant{crdKind, asProtobuf})
	withoutForm = []variant{{storeKind, ""}, {crdKind, ""}, {namespaceKind, ""}}
)
