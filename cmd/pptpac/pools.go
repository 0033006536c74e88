package main

import (
	"connectrpc.com/connect"
	"github.com/urfave/cli/v2"

	adminv1 "github.com/pptpac/pptpac/concentrator/admin/v1"
)

func poolsCommand() *cli.Command {
	return &cli.Command{
		Name: "pools", Aliases: []string{"pool"}, Usage: "list address pools and leases", Action: groupAction,
		Subcommands: []*cli.Command{
			{Name: "list", Usage: "list pools and how full they are", Flags: []cli.Flag{outputFlag()}, Action: listPools},
			{Name: "leases", Usage: "list leased and quarantined addresses", ArgsUsage: "[POOL]", Flags: []cli.Flag{outputFlag()}, Action: listLeases},
		},
	}
}

func listPools(c *cli.Context) error {
	if err := noWords(c, 0); err != nil {
		return err
	}
	r, err := poolClient(c).ListPools(c.Context, connect.NewRequest(&adminv1.ListPoolsRequest{}))
	if err != nil {
		return err
	}
	return printRows(c, r.Msg.GetPools(), poolColumns)
}

func listLeases(c *cli.Context) error {
	if err := noWords(c, 1); err != nil {
		return err
	}
	r, err := poolClient(c).ListLeases(c.Context, connect.NewRequest(&adminv1.ListLeasesRequest{Pool: c.Args().First()}))
	if err != nil {
		return err
	}
	return printRows(c, r.Msg.GetLeases(), leaseColumns)
}

type poolRow = *adminv1.Pool

var poolColumns = []column[poolRow]{
	textColumn("name", false, poolRow.GetName),
	textColumn("ranges", false, poolRow.GetRanges),
	narrow(numberColumn("size", poolRow.GetSize)),
	narrow(numberColumn("leased", poolRow.GetLeased)),
	narrow(numberColumn("quarantined", poolRow.GetQuarantined)),
	narrow(numberColumn("free", poolRow.GetFree)),
	textColumn("next-pool", false, poolRow.GetNextPool),
}

type leaseRow = *adminv1.Lease

var leaseColumns = []column[leaseRow]{
	textColumn("pool", false, leaseRow.GetPool),
	textColumn("address", false, leaseRow.GetAddress),
	textColumn("state", false, leaseRow.GetState),
	textColumn("user", false, leaseRow.GetUser),
	textColumn("session", false, leaseRow.GetOwner),
	timeColumn("since", false, leaseRow.GetSince),
	timeColumn("until", false, leaseRow.GetUntil),
}

// narrow puts a column into the narrow table too.
func narrow[T any](c column[T]) column[T] {
	c.wide = false
	return c
}
