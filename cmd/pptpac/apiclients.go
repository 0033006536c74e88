package main

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/pptpac/pptpac/concentrator/admin"
	"github.com/pptpac/pptpac/concentrator/admin/v1/adminv1connect"
)

// defaultSocket is where a daemon without configuration listens.
const defaultSocket = "/run/pptpac/admin.sock"

// answerTimeout is longer than anything the daemon does for a command takes: a
// reload asks every backend.
const answerTimeout = 2 * time.Minute

func apiClient(c *cli.Context) *http.Client {
	client := admin.NewClient(c.String("socket"))
	client.Timeout = answerTimeout
	return client
}

func sessionClient(c *cli.Context) adminv1connect.SessionServiceClient {
	return adminv1connect.NewSessionServiceClient(apiClient(c), admin.BaseURL)
}

func userClient(c *cli.Context) adminv1connect.UserServiceClient {
	return adminv1connect.NewUserServiceClient(apiClient(c), admin.BaseURL)
}

func poolClient(c *cli.Context) adminv1connect.PoolServiceClient {
	return adminv1connect.NewPoolServiceClient(apiClient(c), admin.BaseURL)
}

func daemonClient(c *cli.Context) adminv1connect.DaemonServiceClient {
	return adminv1connect.NewDaemonServiceClient(apiClient(c), admin.BaseURL)
}

// sorted joins a list in order.
func sorted(list []string) string {
	slices.Sort(list)
	return strings.Join(list, ", ")
}
