package aaa

import "fmt"

// String is the cause in the words of RFC 2866 §5.10.
func (c TerminateCause) String() string {
	switch c {
	case UserRequest:
		return "User-Request"
	case LostCarrier:
		return "Lost-Carrier"
	case LostService:
		return "Lost-Service"
	case IdleTimeout:
		return "Idle-Timeout"
	case SessionTimeout:
		return "Session-Timeout"
	case AdminReset:
		return "Admin-Reset"
	case AdminReboot:
		return "Admin-Reboot"
	case PortError:
		return "Port-Error"
	case NASError:
		return "NAS-Error"
	case NASRequest:
		return "NAS-Request"
	case NASReboot:
		return "NAS-Reboot"
	case PortUnneeded:
		return "Port-Unneeded"
	case PortPreempted:
		return "Port-Preempted"
	case PortSuspended:
		return "Port-Suspended"
	case ServiceUnavailable:
		return "Service-Unavailable"
	case UserError:
		return "User-Error"
	case HostRequest:
		return "Host-Request"
	}
	return fmt.Sprintf("cause-%d", uint32(c))
}
