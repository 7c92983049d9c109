package chart

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	yamlv3 "go.yaml.in/yaml/v3"
)

const valuesDocument = "../../docs/values.md"

const valuesHeader = `<!-- Written by go test ./test/chart -update, from the comments in charts/store-platform/values.yaml. DO NOT EDIT. -->
# Values of the chart

What ` + "`helm install`" + ` and ` + "`helm upgrade`" + ` take. A value that does not exist, or cannot be right, is refused before anything is
installed: [values.schema.json](../charts/store-platform/values.schema.json). Two sets come with the chart:
[values-local.yaml](../charts/store-platform/values-local.yaml) for a laptop, and
[values-prod.yaml](../charts/store-platform/values-prod.yaml), in which you replace domains, classes and issuer by your own.

| Value | Default | What it does |
|---|---|---|
`

// value is one row of the document.
type value struct{ path, defaultText, comment string }

// TestValuesDocument wants every value explained where it is set, and
// docs/values.md to be those explanations.
func TestValuesDocument(t *testing.T) {
	data, err := os.ReadFile(chartDirectory + "/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var document yamlv3.Node
	if err := yamlv3.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	got := bytes.NewBufferString(valuesHeader)
	for _, v := range leaves("", document.Content[0]) {
		if v.comment == "" {
			t.Errorf("values.yaml says nothing about %s: write a comment above it", v.path)
		}
		fmt.Fprintf(got, "| `%s` | `%s` | %s |\n", v.path, v.defaultText, v.comment)
	}
	if *update {
		if err := os.WriteFile(valuesDocument, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(valuesDocument)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("docs/values.md is not what values.yaml says; run with -update (-want +got):\n%s", diff)
	}
}

// leaves returns what is set below a mapping. A mapping within one line is one value.
func leaves(prefix string, mapping *yamlv3.Node) []value {
	var values []value
	for i := 0; i < len(mapping.Content); i += 2 {
		key, content := mapping.Content[i], mapping.Content[i+1]
		path := prefix + key.Value
		if content.Kind == yamlv3.MappingNode && content.Style&yamlv3.FlowStyle == 0 {
			values = append(values, leaves(path+".", content)...)
			continue
		}
		values = append(values, value{path, line(content), explanation(key.HeadComment)})
	}
	return values
}

func line(node *yamlv3.Node) string {
	text, err := yamlv3.Marshal(node)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(text))
}

// explanation is a comment as one line, its braces and bars harmless in a table.
func explanation(comment string) string {
	var words []string
	for _, text := range strings.Split(comment, "\n") {
		words = append(words, strings.TrimSpace(strings.TrimPrefix(text, "#")))
	}
	return strings.ReplaceAll(strings.Join(words, " "), "|", `\|`)
}
