package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/pptpac/pptpac/concentrator/admin"
	"github.com/pptpac/pptpac/concentrator/admin/v1/adminv1connect"
)

// defaultSocket is where a daemon without configuration listens.
const defaultSocket = "/run/pptpac/admin.sock"

func sessionClient(c *cli.Context) adminv1connect.SessionServiceClient {
	return adminv1connect.NewSessionServiceClient(admin.NewClient(c.String("socket")), admin.BaseURL)
}

func userClient(c *cli.Context) adminv1connect.UserServiceClient {
	return adminv1connect.NewUserServiceClient(admin.NewClient(c.String("socket")), admin.BaseURL)
}

func poolClient(c *cli.Context) adminv1connect.PoolServiceClient {
	return adminv1connect.NewPoolServiceClient(admin.NewClient(c.String("socket")), admin.BaseURL)
}

func daemonClient(c *cli.Context) adminv1connect.DaemonServiceClient {
	return adminv1connect.NewDaemonServiceClient(admin.NewClient(c.String("socket")), admin.BaseURL)
}

// sorted joins a list in order.
func sorted(list []string) string {
	slices.Sort(list)
	return strings.Join(list, ", ")
}
