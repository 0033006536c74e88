package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"

	"github.com/pptpac/pptpac/contrib/interop/bulk"
)

const (
	send    = bulk.Send
	receive = bulk.Receive
)

func serve(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	return bulk.Serve(l)
}

func transfer(d bulk.Direction, source, address, size string) error {
	src, err := netip.ParseAddr(source)
	if err != nil {
		return err
	}
	dst, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil {
		return err
	}
	res, err := bulk.Transfer(context.Background(), d, netip.AddrPortFrom(src, 0), dst, n)
	if err != nil {
		return err
	}
	fmt.Printf("%d bytes sha256 %x in %.2f s, %.1f Mbit/s\n",
		res.Bytes, res.SHA256, res.Elapsed.Seconds(), float64(res.Bytes)*8/1e6/res.Elapsed.Seconds())
	return nil
}
