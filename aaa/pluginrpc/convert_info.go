package pluginrpc

import (
	"github.com/pptpac/pptpac/aaa"
	aaav1 "github.com/pptpac/pptpac/aaa/pluginrpc/v1"
)

func infoToProto(i aaa.Info) *aaav1.InfoResponse {
	out := &aaav1.InfoResponse{Name: text(i.Name), Version: text(i.Version)}
	for _, c := range i.Capabilities {
		out.Capabilities = append(out.Capabilities, text(string(c)))
	}
	return out
}

func infoFromProto(i *aaav1.InfoResponse) aaa.Info {
	out := aaa.Info{Name: i.GetName(), Version: i.GetVersion()}
	for _, c := range i.GetCapabilities() {
		out.Capabilities = append(out.Capabilities, aaa.Capability(c))
	}
	return out
}

func configurationToProto(c aaa.Configuration) *aaav1.ConfigureRequest {
	return &aaav1.ConfigureRequest{
		NodeName: text(c.NodeName),
		StateDir: text(c.StateDir),
		Options:  octets(c.Options),
	}
}

func configurationFromProto(c *aaav1.ConfigureRequest) aaa.Configuration {
	return aaa.Configuration{
		NodeName: c.GetNodeName(),
		StateDir: c.GetStateDir(),
		Options:  octets(c.GetOptions()),
	}
}
