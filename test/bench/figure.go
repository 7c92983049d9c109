package main

import (
	"context"
	"fmt"
	"slices"
)

// figure is something that is measured of all kinds in turn.
type figure struct {
	name     string
	variants []variant
	// plain leaves `-json` out of the names of rows and ratios: it is what the
	// figure is about.
	plain bool
	// once gives the ratios of the largest number of objects a name without it.
	once bool
	// fence is for a server whose consistent reads are fenced (mode B).
	fence bool
	// rounds is how many samples are enough; warm how many come before them.
	rounds, warm int
	// prepare returns what takes a sample, and what cleans up after the last one.
	prepare func(ctx context.Context, b *bench) (sampler, func(context.Context) error, error)
}

// sampler takes the i-th sample of a variant.
type sampler func(ctx context.Context, v variant, i int) (sample, error)

var figures = []figure{
	{name: "list-consistent", variants: inBoth, rounds: 15, warm: 2, prepare: lists(list{})},
	{name: "list-consistent-identity", variants: inBoth, rounds: 12, warm: 1, prepare: lists(list{identity: true})},
	{name: "list-rv0", variants: inBoth, rounds: 15, warm: 2, prepare: lists(list{version: "0"})},
	{name: "list-rv0-identity", variants: inBoth, rounds: 12, warm: 1, prepare: lists(list{version: "0", identity: true})},
	{name: "first-page", variants: inBoth, plain: true, rounds: 50, warm: 3, prepare: lists(list{limit: 500})},
	{name: "list-table", variants: inJSON, plain: true, rounds: 12, warm: 1, prepare: lists(list{as: "Table"})},
	{name: "list-metadata", variants: metaInBoth, rounds: 12, warm: 1, prepare: lists(list{as: "PartialObjectMetadataList"})},
	{name: "list-8-parallel", variants: inBoth, rounds: 5, warm: 1, prepare: lists(list{parallel: 8})},
	{name: "list-churn", variants: inBoth, rounds: 12, warm: 2, prepare: churning(lists(list{}))},
	{name: "get", variants: inBoth, rounds: 300, warm: 20, prepare: gets("")},
	{name: "get-rv0", variants: inBoth, rounds: 300, warm: 20, prepare: gets("0")},
	{name: "create", variants: withoutForm, once: true, rounds: 100, warm: 5, prepare: creates(false)},
	{name: "create-event", variants: withoutForm, once: true, rounds: 100, warm: 5, prepare: creates(true)},
	{name: "status-patch", variants: withoutForm, once: true, rounds: 100, warm: 5, prepare: statusPatches},

	{name: "list-fence", fence: true, variants: inBoth, rounds: 15, warm: 2, prepare: lists(list{})},
	{name: "list-fence-identity", fence: true, variants: inBoth, rounds: 12, warm: 1, prepare: lists(list{identity: true})},
	{name: "first-page-fence", fence: true, variants: inBoth, plain: true, rounds: 50, warm: 3, prepare: lists(list{limit: 500})},
	{name: "list-fence-8-parallel", fence: true, variants: inBoth, rounds: 5, warm: 1, prepare: lists(list{parallel: 8})},
	{name: "list-fence-churn", fence: true, variants: inBoth, rounds: 12, warm: 2, prepare: churning(lists(list{}))},
	{name: "get-fence", fence: true, variants: inBoth, rounds: 300, warm: 20, prepare: gets("")},
}

// encodings are those in which our own objects are asked for, which make a row each.
func (f *figure) encodings() []encoding {
	var found []encoding
	for _, v := range f.variants {
		if v.kind == storeKind {
			found = append(found, v.encoding)
		}
	}
	return found
}

// row is the name of the figure of so many objects in an encoding.
func (f *figure) row(count int, e encoding) string {
	name := fmt.Sprintf("%s-%d", f.name, count)
	if e == "" || e == asJSON && f.plain {
		return name
	}
	return name + "-" + string(e)
}

// opposite is what ours in an encoding is compared with: the same encoding of the
// other kind, or JSON where that is all a user can have.
func (f *figure) opposite(k *kind, e encoding) variant {
	if v := (variant{k, e}); slices.Contains(f.variants, v) {
		return v
	}
	return variant{k, asJSON}
}
