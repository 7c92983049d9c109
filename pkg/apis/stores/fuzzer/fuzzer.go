// Package fuzzer makes random Stores and Engines that a client could have sent,
// for round-trip tests.
package fuzzer

import (
	"encoding/json"

	"k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/randfill"

	"platform.example.io/stores/pkg/apis/stores"
)

// Funcs are the custom fuzz functions of the group.
func Funcs(serializer.CodecFactory) []any {
	return []any{
		func(j *stores.JSONObject, c randfill.Continue) {
			// Free-form JSON round-trips as its text, in the form the strategy gives it.
			j.Raw, _ = json.Marshal(map[string]any{
				c.String(8): c.Int63(),
				"nested":    map[string]any{"list": []any{c.Bool(), nil, c.String(8)}},
			})
		},
		func(s *stores.Store, c randfill.Continue) {
			c.FillNoCustom(s)
			// Damage is found by storage; no version of the API carries it.
			s.Damage = nil
		},
	}
}
