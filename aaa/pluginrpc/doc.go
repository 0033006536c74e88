// Package pluginrpc carries the contract of package aaa to plugin processes and
// back: hashicorp/go-plugin over gRPC, protocol version 1.
//
// A plugin's main function is one line, Serve(backend). The concentrator's end
// is Client, which package host makes for each plugin process it runs. The wire
// format is v1/aaa.proto; plugins in other languages serve it themselves.
//
// Nothing but this package knows protobuf messages of the contract. It starts no
// processes and knows no backend.
package pluginrpc
