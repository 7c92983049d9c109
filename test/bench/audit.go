package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// auditLog is kube-apiserver's own account of who asked what.
type auditLog struct{ path string }

// call is one kind of request by one user.
type call struct{ user, verb, resource string }

// since counts the requests that ended within a time. Watches are counted when
// they are opened, like everything else that has begun to be answered.
func (l *auditLog) since(from, to time.Time) (map[call]int, error) {
	file, err := os.Open(l.path)
	if err != nil {
		return nil, fmt.Errorf("read audit log: %w", err)
	}
	defer file.Close()
	calls := map[call]int{}
	lines := bufio.NewReader(file)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return calls, nil // what follows the last newline is being written
		}
		if err != nil {
			return nil, fmt.Errorf("read audit log: %w", err)
		}
		if err := countLine(calls, line, from, to); err != nil {
			return nil, err
		}
	}
}

// countLine adds a line of the log, if it is of that time.
func countLine(calls map[call]int, line []byte, from, to time.Time) error {
	var event struct {
		Stage string `json:"stage"`
		Verb  string `json:"verb"`
		User  struct {
			Username string `json:"username"`
		} `json:"user"`
		ObjectRef struct {
			Resource    string `json:"resource"`
			Subresource string `json:"subresource"`
		} `json:"objectRef"`
		Received time.Time `json:"requestReceivedTimestamp"`
		At       time.Time `json:"stageTimestamp"`
	}
	if err := json.Unmarshal(line, &event); err != nil {
		return fmt.Errorf("decode audit log: %w", err)
	}
	// A watch has two entries, when it begins and when it ends.
	if event.Verb == "watch" && event.Stage == "ResponseComplete" || event.At.Before(from) || event.At.After(to) {
		return nil
	}
	resource := event.ObjectRef.Resource
	if event.ObjectRef.Subresource != "" {
		resource += "/" + event.ObjectRef.Subresource
	}
	if resource == "" {
		resource = "(discovery)"
	}
	calls[call{event.User.Username, event.Verb, resource}]++
	return nil
}
