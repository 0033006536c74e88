package pptp

import (
	"encoding/hex"
	"strings"
	"testing"
)

// golden is one message of each type with distinct values in all fields, laid
// out by the figures of RFC 2637 §2, one field per line.
var golden = []struct {
	name    string
	message Message
	wire    []string
}{
	{"Start-Control-Connection-Request",
		StartControlConnectionRequest{
			ProtocolVersion:     0x0100,
			FramingCapabilities: 1,
			BearerCapabilities:  2,
			MaximumChannels:     0x0304,
			FirmwareRevision:    0x0a28,
			HostName:            "ab",
			VendorName:          "Microsoft",
		},
		[]string{
			"009c",                           // Length 156
			"0001",                           // PPTP Message Type
			"1a2b3c4d",                       // Magic Cookie
			"0001",                           // Control Message Type
			"0000",                           // Reserved0
			"0100",                           // Protocol Version
			"0000",                           // Reserved1
			"00000001",                       // Framing Capabilities
			"00000002",                       // Bearer Capabilities
			"0304",                           // Maximum Channels
			"0a28",                           // Firmware Revision
			"6162" + zeros(62),               // Host Name
			"4d6963726f736f6674" + zeros(55), // Vendor String
		}},
	{"Start-Control-Connection-Reply",
		StartControlConnectionReply{
			ProtocolVersion:     0x0100,
			Result:              StartGeneralError,
			Error:               ErrorNoResource,
			FramingCapabilities: 3,
			BearerCapabilities:  2,
			MaximumChannels:     0x0506,
			FirmwareRevision:    0x0001,
			HostName:            "h",
			VendorName:          strings.Repeat("v", 64),
		},
		[]string{
			"009c", "0001", "1a2b3c4d", "0002", "0000",
			"0100",                   // Protocol Version
			"02",                     // Result Code
			"04",                     // Error Code
			"00000003",               // Framing Capability
			"00000002",               // Bearer Capability
			"0506",                   // Maximum Channels
			"0001",                   // Firmware Revision
			"68" + zeros(63),         // Host Name
			strings.Repeat("76", 64), // Vendor String, full: no NUL
		}},
	{"Stop-Control-Connection-Request",
		StopControlConnectionRequest{Reason: StopLocalShutdown},
		[]string{
			"0010", "0001", "1a2b3c4d", "0003", "0000",
			"03",   // Reason
			"00",   // Reserved1
			"0000", // Reserved2
		}},
	{"Stop-Control-Connection-Reply",
		StopControlConnectionReply{Result: StopGeneralError, Error: ErrorBadValue},
		[]string{
			"0010", "0001", "1a2b3c4d", "0004", "0000",
			"02",   // Result Code
			"03",   // Error Code
			"0000", // Reserved1
		}},
	{"Echo-Request",
		EchoRequest{Identifier: 0x01020304},
		[]string{
			"0010", "0001", "1a2b3c4d", "0005", "0000",
			"01020304", // Identifier
		}},
	{"Echo-Reply",
		EchoReply{Identifier: 0x01020304, Result: EchoOK, Error: ErrorNotConnected},
		[]string{
			"0014", "0001", "1a2b3c4d", "0006", "0000",
			"01020304", // Identifier
			"01",       // Result Code
			"01",       // Error Code
			"0000",     // Reserved1
		}},
	{"Outgoing-Call-Request",
		OutgoingCallRequest{
			CallID:       0xfaea,
			SerialNumber: 0x0102,
			MinimumBPS:   300,
			MaximumBPS:   100000000,
			BearerType:   3,
			FramingType:  2,
			RecvWindow:   64,
			ProcessDelay: 5,
			PhoneNumber:  "110",
			SubAddress:   "x",
		},
		[]string{
			"00a8", "0001", "1a2b3c4d", "0007", "0000",
			"faea",               // Call ID
			"0102",               // Call Serial Number
			"0000012c",           // Minimum BPS
			"05f5e100",           // Maximum BPS
			"00000003",           // Bearer Type
			"00000002",           // Framing Type
			"0040",               // Packet Recv. Window Size
			"0005",               // Packet Processing Delay
			"0003",               // Phone Number Length
			"0000",               // Reserved1
			"313130" + zeros(61), // Phone Number
			"78" + zeros(63),     // Subaddress
		}},
	{"Outgoing-Call-Reply",
		OutgoingCallReply{
			CallID:            0xe40a,
			PeerCallID:        0xfaea,
			Result:            CallConnectedOK,
			Error:             ErrorBadFormat,
			Cause:             16,
			ConnectSpeed:      0x00512502,
			RecvWindow:        0x4000,
			ProcessDelay:      6,
			PhysicalChannelID: 0x0708090a,
		},
		[]string{
			"0020", "0001", "1a2b3c4d", "0008", "0000",
			"e40a",     // Call ID
			"faea",     // Peer's Call ID
			"01",       // Result Code
			"02",       // Error Code
			"0010",     // Cause Code
			"00512502", // Connect Speed
			"4000",     // Packet Recv. Window Size
			"0006",     // Packet Processing Delay
			"0708090a", // Physical Channel ID
		}},
	{"Incoming-Call-Request",
		IncomingCallRequest{
			CallID:            0x0102,
			SerialNumber:      0x0304,
			BearerType:        1,
			PhysicalChannelID: 0x05060708,
			DialedNumber:      "12",
			DialingNumber:     strings.Repeat("9", 64),
			SubAddress:        "s",
		},
		[]string{
			"00dc", "0001", "1a2b3c4d", "0009", "0000",
			"0102",                   // Call ID
			"0304",                   // Call Serial Number
			"00000001",               // Call Bearer Type
			"05060708",               // Physical Channel ID
			"0002",                   // Dialed Number Length
			"0040",                   // Dialing Number Length
			"3132" + zeros(62),       // Dialed Number
			strings.Repeat("39", 64), // Dialing Number
			"73" + zeros(63),         // Subaddress
		}},
	{"Incoming-Call-Reply",
		IncomingCallReply{
			CallID:        0x0102,
			PeerCallID:    0x0304,
			Result:        IncomingDoNotAccept,
			Error:         ErrorBadCallID,
			RecvWindow:    7,
			TransmitDelay: 8,
		},
		[]string{
			"0018", "0001", "1a2b3c4d", "000a", "0000",
			"0102", // Call ID
			"0304", // Peer's Call ID
			"03",   // Result Code
			"05",   // Error Code
			"0007", // Packet Recv. Window Size
			"0008", // Packet Transmit Delay
			"0000", // Reserved1
		}},
	{"Incoming-Call-Connected",
		IncomingCallConnected{
			PeerCallID:    0x0102,
			ConnectSpeed:  64000,
			RecvWindow:    7,
			TransmitDelay: 8,
			FramingType:   2,
		},
		[]string{
			"001c", "0001", "1a2b3c4d", "000b", "0000",
			"0102",     // Peer's Call ID
			"0000",     // Reserved1
			"0000fa00", // Connect Speed
			"0007",     // Packet Recv. Window Size
			"0008",     // Packet Transmit Delay
			"00000002", // Framing Type
		}},
	{"Call-Clear-Request",
		CallClearRequest{CallID: 0xfaea},
		[]string{
			"0010", "0001", "1a2b3c4d", "000c", "0000",
			"faea", // Call ID
			"0000", // Reserved1
		}},
	{"Call-Disconnect-Notify",
		CallDisconnectNotify{
			CallID:     0xe40a,
			Result:     DisconnectRequest,
			Error:      ErrorPAC,
			Cause:      0x0102,
			Statistics: "ok",
		},
		[]string{
			"0094", "0001", "1a2b3c4d", "000d", "0000",
			"e40a",              // Call ID
			"04",                // Result Code
			"06",                // Error Code
			"0102",              // Cause Code
			"0000",              // Reserved1
			"6f6b" + zeros(126), // Call Statistics
		}},
	{"WAN-Error-Notify",
		WANErrorNotify{
			PeerCallID:       0x0102,
			CRCErrors:        1,
			FramingErrors:    2,
			HardwareOverruns: 3,
			BufferOverruns:   4,
			TimeoutErrors:    5,
			AlignmentErrors:  6,
		},
		[]string{
			"0028", "0001", "1a2b3c4d", "000e", "0000",
			"0102",     // Peer's Call ID
			"0000",     // Reserved1
			"00000001", // CRC Errors
			"00000002", // Framing Errors
			"00000003", // Hardware Overruns
			"00000004", // Buffer Overruns
			"00000005", // Time-out Errors
			"00000006", // Alignment Errors
		}},
	{"Set-Link-Info",
		SetLinkInfo{PeerCallID: 0x0102, SendACCM: 0xffffffff, ReceiveACCM: 0x000a0000},
		[]string{
			"0018", "0001", "1a2b3c4d", "000f", "0000",
			"0102",     // Peer's Call ID
			"0000",     // Reserved1
			"ffffffff", // Send ACCM
			"000a0000", // Receive ACCM
		}},
}

func zeros(n int) string { return strings.Repeat("00", n) }

func unhex(t *testing.T, fields []string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(fields, ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
