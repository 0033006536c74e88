package admin

import (
	"context"
	"errors"

	"connectrpc.com/connect"

	adminv1 "github.com/pptpac/pptpac/concentrator/admin/v1"
	"github.com/pptpac/pptpac/pool"
)

type poolService struct{ o Options }

// ListPools implements adminv1connect.PoolServiceHandler.
func (s *poolService) ListPools(context.Context, *connect.Request[adminv1.ListPoolsRequest]) (*connect.Response[adminv1.ListPoolsResponse], error) {
	response := &adminv1.ListPoolsResponse{}
	for _, p := range s.o.Pools.Pools() {
		response.Pools = append(response.Pools, &adminv1.Pool{
			Name: p.Name, Ranges: p.Ranges.String(), NextPool: p.NextPool,
			Size: uint32(p.Size), Leased: uint32(p.Leased), Quarantined: uint32(p.Quarantined), Free: uint32(p.Free),
		})
	}
	return connect.NewResponse(response), nil
}

// ListLeases implements adminv1connect.PoolServiceHandler.
func (s *poolService) ListLeases(_ context.Context, r *connect.Request[adminv1.ListLeasesRequest]) (*connect.Response[adminv1.ListLeasesResponse], error) {
	entries, err := s.o.Pools.Leases(r.Msg.GetPool())
	switch {
	case errors.Is(err, pool.ErrUnknownPool):
		return nil, connect.NewError(connect.CodeNotFound, err)
	case err != nil:
		return nil, connect.NewError(connect.CodeInternal, err)
	}
	response := &adminv1.ListLeasesResponse{}
	for _, e := range entries {
		response.Leases = append(response.Leases, &adminv1.Lease{
			Pool: e.Pool, Address: e.Addr.String(), State: string(e.State), User: wireText(e.User), Owner: e.Owner,
			Since: timestamp(e.Since), Until: timestamp(e.Until),
		})
	}
	return connect.NewResponse(response), nil
}
