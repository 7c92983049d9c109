package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Pair names the PEM files of a certificate and its key.
type Pair struct {
	CertFile string `json:"certFile,omitempty"`
	KeyFile  string `json:"keyFile,omitempty"`
}

func pairIn(dir, name string) Pair {
	return Pair{CertFile: filepath.Join(dir, name+".crt"), KeyFile: filepath.Join(dir, name+".key")}
}

func (p Pair) read() (*x509.Certificate, *ecdsa.PrivateKey, error) {
	pair, err := tls.LoadX509KeyPair(p.CertFile, p.KeyFile)
	if err != nil {
		return nil, nil, err
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, nil, fmt.Errorf("read %s: not an ECDSA key but %T", p.KeyFile, pair.PrivateKey)
	}
	return pair.Leaf, key, nil
}

// write puts the key first: a certificate without its key is then never found.
func (p Pair) write(der []byte, key *ecdsa.PrivateKey) error {
	keyPEM, err := encodeKey(key)
	if err != nil {
		return err
	}
	if err := WriteFile(p.KeyFile, keyPEM); err != nil {
		return err
	}
	return WriteFile(p.CertFile, encodeCertificate(der))
}

// EnsureSigningKey returns the files of a private key called name and of its
// public half, made now if they do not exist. ServiceAccount tokens are signed with it.
func EnsureSigningKey(dir, name string) (private, public string, err error) {
	private, public = filepath.Join(dir, name+".key"), filepath.Join(dir, name+".pub")
	// The public half is written last, so that it vouches for the private one.
	if _, err := os.Stat(public); err == nil {
		return private, public, nil
	} else if !errors.Is(err, os.ErrNotExist) {
		return "", "", fmt.Errorf("look for signing key %s: %w", name, err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", fmt.Errorf("generate signing key %s: %w", name, err)
	}
	keyPEM, err := encodeKey(key)
	if err != nil {
		return "", "", err
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return "", "", fmt.Errorf("encode public key %s: %w", name, err)
	}
	if err := WriteFile(private, keyPEM); err != nil {
		return "", "", err
	}
	return private, public, WriteFile(public, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// WriteFile replaces path in one step, readable by its owner only: a process
// that is killed half way, or a reader that comes at the same time, never sees half a file.
func WriteFile(path string, data []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(temporary.Name()) // gone already when all went well
	if _, err := temporary.Write(data); err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, temporary.Close()))
	}
	if err := temporary.Close(); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func encodeCertificate(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), nil
}
