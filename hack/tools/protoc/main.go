// Command protoc is the part of the Protocol Buffers compiler that
// go-to-protobuf calls: it parses .proto files, hands their descriptors to one
// plugin and writes what the plugin answers.
//
// It exists so that generating code needs Go and nothing else. The original is a
// C++ program that every platform downloads from elsewhere; the parser of this
// one is a Go module that go.sum pins. What it writes cannot differ by compiler:
// all code comes from the plugin, protoc-gen-gogo, which sees the descriptors.
// Danger: it knows the flags that go-to-protobuf passes and refuses any other.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/protoutil"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/pluginpb"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "protoc:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	call, err := parse(args)
	if err != nil {
		return err
	}
	request, err := call.compile(ctx)
	if err != nil {
		return err
	}
	response, err := call.generate(ctx, request)
	if err != nil {
		return err
	}
	return call.write(response)
}

// invocation is one call of the compiler.
type invocation struct {
	// roots are where imports are looked for, in order.
	roots []string
	// plugin is the NAME of protoc-gen-NAME, and out where its files go.
	plugin, out string
	// files are what to generate code for, each a path below one of the roots.
	files []string
}

func parse(args []string) (invocation, error) {
	var call invocation
	for i := 0; i < len(args); i++ {
		name, value, _ := strings.Cut(args[i], "=")
		plugin, isOut := strings.CutSuffix(strings.TrimPrefix(name, "--"), "_out")
		switch {
		case args[i] == "-I" && i+1 < len(args):
			i++
			call.roots = append(call.roots, args[i])
		case !strings.HasPrefix(args[i], "-"):
			call.files = append(call.files, args[i])
		case strings.HasPrefix(name, "--") && isOut && value != "" && call.plugin == "":
			call.plugin, call.out = plugin, value
		default:
			return call, fmt.Errorf("do not know the argument %q", args[i])
		}
	}
	if len(call.roots) == 0 || call.plugin == "" || len(call.files) == 0 {
		return call, errors.New("usage: protoc -I ROOT... --NAME_out=DIR FILE")
	}
	return call, nil
}

// compile parses the files and all that they import.
func (c invocation) compile(ctx context.Context) (*pluginpb.CodeGeneratorRequest, error) {
	request := &pluginpb.CodeGeneratorRequest{}
	for _, file := range c.files {
		name, err := c.importName(file)
		if err != nil {
			return nil, err
		}
		request.FileToGenerate = append(request.FileToGenerate, name)
	}
	compiler := protocompile.Compiler{
		Resolver:       protocompile.WithStandardImports(&protocompile.SourceResolver{ImportPaths: c.roots}),
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	compiled, err := compiler.Compile(ctx, request.FileToGenerate...)
	if err != nil {
		return nil, fmt.Errorf("compile: %w", err)
	}
	seen := map[string]bool{}
	for _, file := range compiled {
		appendFile(request, file, seen)
	}
	return request, nil
}

// importName is the name under which other files would import this one.
func (c invocation) importName(file string) (string, error) {
	for _, root := range c.roots {
		name, err := filepath.Rel(root, file)
		if err == nil && filepath.IsLocal(name) {
			return filepath.ToSlash(name), nil
		}
	}
	return "", fmt.Errorf("find %s below one of the roots %v", file, c.roots)
}

// appendFile adds a file after everything that it imports, as plugins expect.
func appendFile(request *pluginpb.CodeGeneratorRequest, file protoreflect.FileDescriptor, seen map[string]bool) {
	if seen[file.Path()] {
		return
	}
	seen[file.Path()] = true
	imports := file.Imports()
	for i := range imports.Len() {
		appendFile(request, imports.Get(i).FileDescriptor, seen)
	}
	request.ProtoFile = append(request.ProtoFile, protoutil.ProtoFromFileDescriptor(file))
}

// generate lets the plugin answer.
func (c invocation) generate(ctx context.Context, request *pluginpb.CodeGeneratorRequest) (*pluginpb.CodeGeneratorResponse, error) {
	input, err := proto.MarshalOptions{Deterministic: true}.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("encode the plugin's request: %w", err)
	}
	plugin := exec.CommandContext(ctx, "protoc-gen-"+c.plugin)
	plugin.Stdin = bytes.NewReader(input)
	plugin.Stderr = os.Stderr
	output, err := plugin.Output()
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", plugin, err)
	}
	response := &pluginpb.CodeGeneratorResponse{}
	if err := proto.Unmarshal(output, response); err != nil {
		return nil, fmt.Errorf("decode the answer of %s: %w", plugin, err)
	}
	if response.Error != nil {
		return nil, fmt.Errorf("generate with %s: %s", plugin, response.GetError())
	}
	return response, nil
}

func (c invocation) write(response *pluginpb.CodeGeneratorResponse) error {
	for _, file := range response.File {
		name := filepath.FromSlash(file.GetName())
		if file.InsertionPoint != nil || !filepath.IsLocal(name) {
			return fmt.Errorf("write %q: only whole files below %s are written", name, c.out)
		}
		path := filepath.Join(c.out, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("make a directory of generated code: %w", err)
		}
		if err := os.WriteFile(path, []byte(file.GetContent()), 0o644); err != nil {
			return fmt.Errorf("write generated code: %w", err)
		}
	}
	return nil
}
