// Package lab is the ground that contrib/bench and contrib/soak stand on: two
// network namespaces with a wire between them, the real pptpac in one, and
// second processes of the measuring program itself in the other. It needs root.
//
//	Server 192.0.2.1 ──── veth "wire" ──── 192.0.2.2 Client
//	pptpac serve                           roles: dial, and those of the program
package lab
