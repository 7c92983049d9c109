// Package arch holds the project's walls as tests: which package may import
// which, who may speak of the mapping of Stores to Namespaces, how long a file
// may grow. Each wall has its reason; to move one, change the reason with it.
//
// It looks at source and at `go list` only, and is imported by nobody.
package arch
