package pluginrpc

import (
	"context"
	"errors"

	plugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/pptpac/pptpac/aaa"
	aaav1 "github.com/pptpac/pptpac/aaa/pluginrpc/v1"
)

// ProtocolVersion is the version of the contract that both ends must speak.
const ProtocolVersion = 1

// Name is the name under which the one plugin of a process is dispensed.
const Name = "aaa"

// WatchStdinVariable is set to 1 in the environment of a plugin whose standard
// input is a pipe held open by the host: when it ends, the host is gone.
const WatchStdinVariable = "PPTPAC_PLUGIN_WATCH_STDIN"

// Handshake is what host and plugin must agree on. The cookie tells a person who
// starts a plugin by hand that it is one; it protects nothing. Mutual TLS with
// certificates made for each start does.
func Handshake() plugin.HandshakeConfig {
	return plugin.HandshakeConfig{
		ProtocolVersion:  ProtocolVersion,
		MagicCookieKey:   "PPTPAC_AAA_PLUGIN",
		MagicCookieValue: "f2b7d6c0a3184e0e9a55c4d1b08e6f73",
	}
}

// Plugins is the set of plugins by protocol version. A plugin passes its
// backend, the host nil.
func Plugins(backend aaa.Backend) map[int]plugin.PluginSet {
	return map[int]plugin.PluginSet{
		ProtocolVersion: {Name: &bridge{backend: backend}},
	}
}

// bridge makes go-plugin's two ends of the contract. It speaks gRPC only.
type bridge struct {
	plugin.NetRPCUnsupportedPlugin
	backend aaa.Backend // nil at the host
}

var _ plugin.GRPCPlugin = (*bridge)(nil)

// GRPCServer registers the services that the backend is able to serve; the
// others answer "unimplemented" by themselves.
func (b *bridge) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	if b.backend == nil {
		return errors.New("no backend to serve")
	}
	Register(s, b.backend)
	return nil
}

// GRPCClient makes the host's end.
func (b *bridge) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return NewClient(conn), nil
}

// Register serves backend on s.
func Register(s grpc.ServiceRegistrar, backend aaa.Backend) {
	aaav1.RegisterBackendServer(s, &backendServer{backend: backend})
	if users, ok := backend.(aaa.UserAdmin); ok {
		aaav1.RegisterUserAdminServer(s, &userAdminServer{users: users})
	}
	if credentials, ok := backend.(aaa.Credentials); ok {
		aaav1.RegisterCredentialsServer(s, &credentialsServer{credentials: credentials})
	}
}
