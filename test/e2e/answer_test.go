package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// answer is what a client can see of a response, in the words of a Store.
type answer struct {
	Code        int
	ContentType string
	Allow       string
	Warnings    []string
	Kind        string
	Reason      metav1.StatusReason
	Message     string
	Causes      []string
	RetryAfter  int32
	// Names are the list's.
	Names     []string
	Continues bool
	Remaining int64
	// Columns tells whether a table has its header, and Rows what its rows carry.
	Columns bool
	Rows    []string

	version, token string
	body           []byte
}

// open makes a request and returns the response as it comes.
func (s *subject) open(ctx context.Context, t *testing.T, r request) *http.Response {
	t.Helper()
	method := r.method
	if method == "" {
		method = http.MethodGet
	}
	target := s.host + s.collection + s.theirs.Replace(s.versions(t, r.path))
	if strings.HasPrefix(r.path, "//") { // not below the collection
		target = s.host + s.theirs.Replace(r.path[1:])
	}
	built, err := http.NewRequestWithContext(ctx, method, target, strings.NewReader(s.theirs.Replace(s.versions(t, r.body))))
	if err != nil {
		t.Fatal(err)
	}
	if built.Header.Set("Accept", r.accept); r.accept == "" {
		built.Header.Set("Accept", "application/json")
	}
	if built.Header.Set("Content-Type", r.content); r.content == "" {
		built.Header.Set("Content-Type", "application/json")
	}
	response, err := s.client.Do(built)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// ask makes a request and reads the answer.
func (s *subject) ask(t *testing.T, r request) answer {
	t.Helper()
	response := s.open(t.Context(), t, r)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{
		Code:        response.StatusCode,
		ContentType: response.Header.Get("Content-Type"),
		Allow:       response.Header.Get("Allow"),
		body:        body,
	}
	for _, warning := range response.Header.Values("Warning") {
		a.Warnings = append(a.Warnings, s.ours.Replace(warning))
	}
	if len(body) > 0 && strings.HasPrefix(a.ContentType, "application/json") {
		if err := a.read(body, s.ours); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
	} else if response.StatusCode >= http.StatusBadRequest {
		a.Message = s.ours.Replace(string(body))
	}
	return a
}

// read takes from a JSON body what answers are compared by.
func (a *answer) read(body []byte, ours *strings.Replacer) error {
	var seen struct {
		metav1.TypeMeta `json:",inline"`
		Metadata        metav1.ListMeta
		Reason          metav1.StatusReason
		Message         string
		Details         metav1.StatusDetails
		Items           []struct{ Metadata metav1.ObjectMeta }
		Columns         []any `json:"columnDefinitions"`
		Rows            []struct {
			Object *metav1.PartialObjectMetadata
		}
	}
	if err := json.Unmarshal(body, &seen); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	a.Kind = ours.Replace(seen.APIVersion + " " + seen.Kind)
	a.Reason, a.Message = seen.Reason, plain(ours.Replace(seen.Message))
	a.Columns = len(seen.Columns) > 0
	a.version, a.token, a.Continues = seen.Metadata.ResourceVersion, seen.Metadata.Continue, seen.Metadata.Continue != ""
	if seen.Metadata.RemainingItemCount != nil {
		a.Remaining = *seen.Metadata.RemainingItemCount
	}
	if seen.Kind == "Status" {
		a.RetryAfter = seen.Details.RetryAfterSeconds
		for _, cause := range seen.Details.Causes {
			a.Causes = append(a.Causes, plain(ours.Replace(fmt.Sprintf("%s %s %s", cause.Type, cause.Field, cause.Message))))
		}
		slices.Sort(a.Causes) // conflicts come in the order of a map
	}
	for _, item := range seen.Items {
		a.Names = append(a.Names, item.Metadata.Name)
	}
	for _, row := range seen.Rows {
		if row.Object == nil {
			a.Rows = append(a.Rows, "nothing")
			continue
		}
		a.Rows = append(a.Rows, ours.Replace(row.Object.APIVersion+" "+row.Object.Kind+" "+row.Object.Name))
	}
	return nil
}

var (
	// numbers are versions and the like in a message, and the uids of objects.
	numbers = regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b\d{3,}\b`)
	// embedded is an object that a message quotes.
	embedded = regexp.MustCompile(`Invalid value: "\{.*\}"`)
)

// plain is a message without what is each object's own.
func plain(message string) string {
	return embedded.ReplaceAllString(numbers.ReplaceAllString(message, "N"), `Invalid value: "{}"`)
}
