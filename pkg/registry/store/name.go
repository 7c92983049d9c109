package store

import (
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/apiserver/pkg/storage/names"

	"platform.example.io/stores/pkg/apis/stores/validation"
)

// suffixLength is how many random characters a generated name ends with.
const suffixLength = 5

// nameGenerator makes the names of Stores that ask for a generated one.
// Upstream's would make names that are too long for a namespace's prefix.
type nameGenerator struct{}

var _ names.NameGenerator = nameGenerator{}

// GenerateName cuts the base where the name would be too long for a Store.
func (nameGenerator) GenerateName(base string) string {
	if longest := validation.MaxNameLength - suffixLength; len(base) > longest {
		base = base[:longest]
	}
	return base + rand.String(suffixLength)
}
