package main

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"

	"github.com/pptpac/pptpac/contrib/interop/bulk"
)

const (
	send    = bulk.Send
	receive = bulk.Receive
)

func transfer(d bulk.Direction, device, address, size string) error {
	dst, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil {
		return err
	}
	res, err := bulk.Transfer(context.Background(), d, device, dst, n)
	if err != nil {
		return err
	}
	fmt.Printf("%d bytes sha256 %x in %.2f s, %.1f Mbit/s\n",
		res.Bytes, res.SHA256, res.Elapsed.Seconds(), float64(res.Bytes)*8/1e6/res.Elapsed.Seconds())
	return nil
}
