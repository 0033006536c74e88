package ppp_test

import "testing"

// ipcpServer: a server in the network phase without encryption.
func ipcpServer(settings string) string {
	return settings + `
set role server
set auth none
= up
< lcp ConfReq ...
> ack lcp
> lcp ConfReq id=1 magic=0x01020304
< lcp ConfAck id=1 magic=0x01020304
! LinkUp
~
`
}

// ipcpClient: a client in the network phase without encryption.
func ipcpClient(settings string) string {
	return settings + `
set role client
set auth none
= up
< lcp ConfReq ...
> ack lcp
> lcp ConfReq id=1 magic=0x01020304
< lcp ConfAck id=1 magic=0x01020304
! LinkUp
! AuthDone method=none
`
}

func TestRFC1332(t *testing.T) {
	obey(t, "RFC 1332", []sentence{
		{"2", "IPCP packets received before this phase is reached should be silently discarded.", chapOpened("md5") + `
< chap Challenge ...
> ipcp ConfReq id=1 addr=0.0.0.0
`},
		{"3.3", "If negotiation about the remote IP-address is required ...: a value of 0.0.0.0 is answered by a Configure-Nak with a valid IP-address", ipcpServer("auto address") + `
> ipcp ConfReq id=7 addr=0.0.0.0
< ipcp ConfNak id=7 addr=10.5.17.1
`},
		{"3.3", "an address that is not the one assigned is Nak'd", ipcpServer("auto address") + `
> ipcp ConfReq id=7 addr=192.0.2.99
< ipcp ConfNak id=7 addr=10.5.17.1
> ipcp ConfReq id=8 addr=10.5.17.1
< ipcp ConfAck id=8 addr=10.5.17.1
`},
		{"3.3", "the peer may not have our address", ipcpServer("auto address") + `
> ipcp ConfReq id=7 addr=10.5.17.254
< ipcp ConfNak id=7 addr=10.5.17.1
`},
		{"3.3", "a peer that insists on another address gets no link", ipcpServer("auto address\nset maxfailure 2") + `
> ack ipcp
> ipcp ConfReq id=1 addr=192.0.2.99
< ipcp ConfNak id=1 addr=10.5.17.1
> ipcp ConfReq id=2 addr=192.0.2.99
< ipcp ConfNak id=2 addr=10.5.17.1
> ipcp ConfReq id=3 addr=192.0.2.99
x ipcp ConfAck ...
x LayerUp
~
`},
		{"3.2", "IP-Compression-Protocol (Van Jacobson) is rejected", ipcpServer("auto address") + `
> ipcp ConfReq id=7 addr=10.5.17.1 comp=002d0f01
< ipcp ConfRej id=7 comp=002d0f01
`},
		{"3.1", "IP-Addresses (deprecated) is rejected", ipcpServer("auto address") + `
> ipcp ConfReq id=7 addresses=0000000000000000 addr=10.5.17.1
< ipcp ConfRej id=7 addresses=0000000000000000
`},
		{"3.3", "the peer Naks our own address: it stays ours", ipcpServer("auto address") + `
> nak ipcp addr=192.0.2.1
x ipcp ConfReq addr=192.0.2.1
~
`},
		{"3.3", "client: the address that the server gives is taken", ipcpClient("") + `
< ipcp ConfReq addr=0.0.0.0
> ipcp ConfReq id=1 addr=10.0.0.1
< ipcp ConfAck id=1 addr=10.0.0.1
> nak ipcp addr=10.0.0.2
< ipcp ConfReq addr=10.0.0.2
> ack ipcp
! LayerUp local=10.0.0.2 remote=10.0.0.1 mtu=1460
`},
		{"3.3", "client: an address asked for is asked for", ipcpClient("set local 10.0.0.9") + `
< ipcp ConfReq addr=10.0.0.9
> ack ipcp
> ipcp ConfReq id=1 addr=10.0.0.1
! LayerUp local=10.0.0.9 remote=10.0.0.1
< ipcp ConfAck id=1 addr=10.0.0.1
`},
		{"3.3", "client: 0.0.0.0 acknowledged is no address", ipcpClient("") + `
< ipcp ConfReq addr=0.0.0.0
> ipcp ConfReq id=1 addr=10.0.0.1
< ipcp ConfAck id=1 addr=10.0.0.1
> ack ipcp
x LayerUp local=0.0.0.0
~
`},
		{"3.3", "renegotiation neither loses nor changes the address", ipcpServer("auto address") + `
> ack ipcp
> ipcp ConfReq id=1 addr=10.5.17.1
! LayerUp remote=10.5.17.1
< ipcp ConfAck id=1 addr=10.5.17.1
> ipcp ConfReq id=2 addr=0.0.0.0
! LayerDown
< ipcp ConfReq addr=10.5.17.254
< ipcp ConfNak id=2 addr=10.5.17.1
> ipcp ConfReq id=3 addr=10.5.17.1
< ipcp ConfAck id=3 addr=10.5.17.1
> ack ipcp
! LayerUp local=10.5.17.254 remote=10.5.17.1
`},
		{"2", "the peer closes IPCP: the only network protocol is gone", ipcpServer("auto address") + `
> ack ipcp
> ipcp ConfReq id=1 addr=10.5.17.1
~
> ipcp TermReq id=2 ""
! LayerDown
< ipcp TermAck id=2 ...
~
`},
	})
}

func TestRFC1877(t *testing.T) {
	obey(t, "RFC 1877", []sentence{
		{"1.1", "If the peer requests a DNS address of 0.0.0.0 ... Configure-Nak ... a valid IP address of a DNS server", ipcpServer("auto address\naddress dns1=10.5.17.53 dns2=10.5.17.54 nbns1=10.5.17.41 nbns2=10.5.17.42") + `
> ipcp ConfReq id=7 addr=10.5.17.1 dns1=0.0.0.0 nbns1=0.0.0.0 dns2=0.0.0.0 nbns2=0.0.0.0
< ipcp ConfNak id=7 dns1=10.5.17.53 nbns1=10.5.17.41 dns2=10.5.17.54 nbns2=10.5.17.42
> ipcp ConfReq id=8 addr=10.5.17.1 dns1=10.5.17.53 nbns1=10.5.17.41 dns2=10.5.17.54 nbns2=10.5.17.42
< ipcp ConfAck id=8 addr=10.5.17.1 dns1=10.5.17.53 nbns1=10.5.17.41 dns2=10.5.17.54 nbns2=10.5.17.42
`},
		{"1.1", "options without a server configured are rejected, or Windows loops", ipcpServer("auto address\naddress dns2=10.5.17.54") + `
> ipcp ConfReq id=7 addr=0.0.0.0 dns1=0.0.0.0 nbns1=0.0.0.0 dns2=0.0.0.0
< ipcp ConfRej id=7 dns1=0.0.0.0 nbns1=0.0.0.0
> ipcp ConfReq id=8 addr=0.0.0.0 dns2=0.0.0.0
< ipcp ConfNak id=8 addr=10.5.17.1 dns2=10.5.17.54
`},
		{"1.1", "another address than ours is corrected", ipcpServer("auto address\naddress dns1=10.5.17.53") + `
> ipcp ConfReq id=7 addr=10.5.17.1 dns1=192.0.2.53
< ipcp ConfNak id=7 dns1=10.5.17.53
`},
		{"1.1", "client: name servers are asked for only where wanted", ipcpClient("set ask dns") + `
< ipcp ConfReq addr=0.0.0.0 dns1=0.0.0.0 dns2=0.0.0.0
> nak ipcp addr=10.0.0.2 dns1=10.0.0.53 dns2=10.0.0.54
< ipcp ConfReq addr=10.0.0.2 dns1=10.0.0.53 dns2=10.0.0.54
> ack ipcp
> ipcp ConfReq id=1 addr=10.0.0.1
! LayerUp local=10.0.0.2 dns1=10.0.0.53 dns2=10.0.0.54 nbns1=none
< ipcp ConfAck id=1 addr=10.0.0.1
`},
		{"1.1", "client: a server without name servers rejects them, and the link comes up", ipcpClient("set ask dns,nbns") + `
< ipcp ConfReq addr=0.0.0.0 dns1=0.0.0.0 nbns1=0.0.0.0 dns2=0.0.0.0 nbns2=0.0.0.0
> rej ipcp dns1=0.0.0.0 nbns1=0.0.0.0 dns2=0.0.0.0 nbns2=0.0.0.0
< ipcp ConfReq addr=0.0.0.0
> nak ipcp addr=10.0.0.2
< ipcp ConfReq addr=10.0.0.2
> ack ipcp
> ipcp ConfReq id=1 addr=10.0.0.1
! LayerUp local=10.0.0.2 dns1=none nbns1=none
< ipcp ConfAck id=1 addr=10.0.0.1
`},
	})
}
