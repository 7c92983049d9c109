package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// Check asks the endpoint once, and returns nil if it answers 200.
func (e Endpoint) Check(ctx context.Context) error {
	config, err := e.tls()
	if err != nil {
		return err
	}
	// A fresh connection each time: a kept one would hide that the port died.
	transport := &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, e.URL, nil)
	if err != nil {
		return fmt.Errorf("ask %s: %w", e.URL, err)
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return err // names method and URL already
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err != nil {
		return fmt.Errorf("read answer of %s: %w", e.URL, err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("ask %s: %s: %s", e.URL, response.Status, failing(string(body)))
	}
	return nil
}

// host is the address part of the URL.
func (e Endpoint) host() string {
	if parsed, err := url.Parse(e.URL); err == nil {
		return parsed.Host
	}
	return e.URL
}

func (e Endpoint) tls() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if e.CAFile != "" {
		ca, err := os.ReadFile(e.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read authority: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM(ca)
	}
	if e.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(e.CertFile, e.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("read client certificate: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// failing keeps of a health report only the checks that fail.
func failing(report string) string {
	var lines []string
	for line := range strings.Lines(report) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "[+]") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "; ")
}
