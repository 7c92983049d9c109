// Package upstream runs, against a real kube-apiserver, the suite that the authors
// of storage.Interface wrote for etcd: k8s.io/apiserver/pkg/storage/testing.
//
// The suite stores Pods, so the package brings a codec of its own that puts an
// example Pod into a namespace. It has tests only.
package upstream
