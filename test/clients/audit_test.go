package clients

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"testing"
)

// asked is what one client asked the platform for.
type asked struct {
	Lists, Watches, Streams int
}

// audited reads what the client of a User-Agent has asked for from the platform's
// own audit log. Each request counts once, as it is answered.
func audited(t testing.TB, path, agent string) (found asked) {
	t.Helper()
	log, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range bytes.Lines(log) {
		var event struct {
			AuditID, Verb, UserAgent, RequestURI string
		}
		if err := json.Unmarshal(line, &event); err != nil {
			continue // a line that is still being written, or was when the server was killed
		}
		// A watch is logged as it begins and as it ends.
		if event.UserAgent != agent || seen[event.AuditID] {
			continue
		}
		seen[event.AuditID] = true
		uri, err := url.Parse(event.RequestURI)
		if err != nil {
			t.Fatalf("audit log has the URI %q: %v", event.RequestURI, err)
		}
		switch {
		case event.Verb == "list":
			found.Lists++
		case uri.Query().Get("sendInitialEvents") == "true":
			found.Streams++
		case event.Verb == "watch":
			found.Watches++
		}
	}
	return found
}

func (a asked) String() string {
	return fmt.Sprintf("%d lists, %d watches, %d watches with initial events", a.Lists, a.Watches, a.Streams)
}
