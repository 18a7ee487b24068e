// Prints what Go's own mail and MIME packages make of user-data files, which is what nodeadm reads them with.
//
//	go build -o parts parts.go && ./parts FILE…
//
// A line of JSON for each file: its parts, or the error. As nodeadm does (amazon-eks-ami,
// nodeadm/internal/configprovider), the file and each part are decoded when they are base64 and unpacked when they
// are gzip, whatever their headers say, and a file that is no multipart is one part.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"os"
	"strings"
)

type part struct {
	Type string `json:"type"`
	Body []byte `json:"body"`
}

type answer struct {
	Parts []part `json:"parts"`
	Error string `json:"error"`
}

func main() {
	lines := json.NewEncoder(os.Stdout)
	for _, path := range os.Args[1:] {
		parts, err := read(path)
		found := answer{Parts: parts}
		if err != nil {
			found.Error = err.Error()
		}
		if err := lines.Encode(found); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func read(path string) ([]part, error) {
	blob, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if blob, err = unpacked(blob); err != nil {
		return nil, err
	}
	message, err := mail.ReadMessage(bytes.NewReader(blob))
	if err != nil {
		return nil, err
	}
	kind, parameters, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(kind, "multipart/") {
		return []part{{Type: kind, Body: blob}}, nil
	}
	return multiparts(multipart.NewReader(message.Body, parameters["boundary"]))
}

func multiparts(reader *multipart.Reader) ([]part, error) {
	var found []part
	for {
		next, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return found, err
		}
		body, err := io.ReadAll(next)
		if err != nil {
			return found, err
		}
		if body, err = unpacked(body); err != nil {
			return found, err
		}
		found = append(found, part{Type: next.Header.Get("Content-Type"), Body: body})
	}
}

// unpacked undoes base64 where there is nothing but base64, and then gzip.
func unpacked(blob []byte) ([]byte, error) {
	if plain, err := base64.StdEncoding.DecodeString(string(blob)); err == nil {
		blob = plain
	}
	if !bytes.HasPrefix(blob, []byte{0x1f, 0x8b}) {
		return blob, nil
	}
	reader, err := gzip.NewReader(bytes.NewReader(blob))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(reader)
}
