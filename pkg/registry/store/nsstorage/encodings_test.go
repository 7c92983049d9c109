package nsstorage

import "testing"

func TestEncodingsGoWhenNobodyAsks(t *testing.T) {
	e := &encodings{encoded: []encoding{{by: "json", bytes: []byte("{}")}}, used: true}
	e.idle()
	if _, ok := e.get("json"); !ok {
		t.Fatal("bytes that were used since the last look are gone")
	}
	e.idle()
	if _, ok := e.get("json"); ok {
		t.Error("bytes that nobody used from one look to the next are kept")
	}
}
