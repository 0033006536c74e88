// Package admin is the administration API of pptpac: its server on a unix
// socket, who may use it, and its client. The definition is v1/admin.proto;
// gRPC and plain HTTP with JSON both work (Connect protocol).
package admin
