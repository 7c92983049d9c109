package engine_test

import (
	"math/rand"
	"testing"
	"time"
	"encoding/json"
	"errors"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/engine"
)

func TestTempRandom(t *testing.T) {
	parts := []string{"\n", " ", "\"", "'", "{{", "}}", ":", "- ", "#", "---\n", "$(", ")", "<no value>", "\t", "\r", "\x00", "\u2028", "\\", "a", "é", "💥", "|", ">", "&", "*", "!", "%", "@", "`", "~", "null", "kind: Namespace", "hostNetwork: true", "\x7f", "\ufeff", "\u0085", "\uffff", "\ufffe", "\u009f","\x1b", "HELM_ERR_START", "HELM_ERR_END", "\xff", "[", "]", "{", "}", ",", "?", "=", "<<"}
	c := embedded(t)
	h := map[string]*engine.Release{}
	build := func(name, text, host string) engine.Input {
		in := readInput(t, "testdata/render/"+name+"-starter")
		m := map[string]any{"regionName": text}
		if name == "woocommerce" { m = map[string]any{"storeAddress": map[string]any{"street": text, "city": text, "postcode": text}} }
		raw, _ := json.Marshal(m)
		in.Store.Spec.DisplayName = text
		in.Store.Spec.Hosts = []string{host}
		in.Store.Spec.Parameters = &v1alpha1.JSONObject{Raw: raw}
		return in
	}
	for _, n := range c.Names() { r, err := render(c, build(n, "x", "h.example")); if err != nil { t.Fatal(err) }; h[n] = r }
	end := time.Now().Add(100 * time.Second)
	n, ok := 0, 0
	for time.Now().Before(end) {
		text, host := "", ""
		for range 1 + rand.Intn(8) { text += parts[rand.Intn(len(parts))]; host += parts[rand.Intn(len(parts))] }
		for _, name := range c.Names() {
			n++
			r, err := render(c, build(name, text, host))
			var inv *engine.InvalidStoreError
			if errors.As(err, &inv) { continue }
			if err != nil { t.Fatalf("%s %q %q: %v", name, text, host, err) }
			ok++
			compareToHarmless(t, h[name], r)
			for _, o := range r.Objects { if o.GetName()=="settings" { d,_:=o.Object["data"].(map[string]any); if want:=string([]rune(text)); d["STORE_TITLE"] != want { t.Fatalf("title %q is %q", text, d["STORE_TITLE"]) } } }
		}
	}
	t.Logf("%d renderings, %d accepted", n, ok)
}
