#!/bin/sh
# Generates aaa.pb.go and aaa_grpc.pb.go. Needs protoc in PATH, and the two
# generators in $GOBIN:
#
#   go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12
#   go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2
set -eu
cd "$(dirname "$0")"
PATH="${GOBIN:-$(go env GOPATH)/bin}:$PATH"
exec protoc -I . \
	--go_out=. --go_opt=paths=source_relative \
	--go-grpc_out=. --go-grpc_opt=paths=source_relative \
	aaa.proto
