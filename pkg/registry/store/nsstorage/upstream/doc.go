// Package upstream holds the storage to the exam that the authors of
// storage.Interface wrote for etcd: k8s.io/apiserver/pkg/storage/testing, run
// against a real kube-apiserver.
//
// The suite stores Pods, so the package brings a codec of its own that puts an
// example Pod into a namespace. It has tests only.
package upstream
