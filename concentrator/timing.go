package concentrator

import "time"

// timing holds the waits that nobody configures. Tests shorten them before
// they serve.
type timing struct {
	write       time.Duration // so long may a peer that does not read block its own control connection
	refuse      time.Duration // for a refused control connection to say Start-Control-Connection-Request
	goodbye     time.Duration // for the answer to our LCP Terminate-Request, whatever the machine's timers say
	noFrames    time.Duration // without a PPP frame, until the log suspects that GRE is blocked
	noFramesEnd time.Duration // a call that ends after so long without a PPP frame did so because of that
	acceptPause time.Duration // accept rests when there are no descriptors left, instead of turning at full speed
	recordPause time.Duration // before a record is offered to the backends for the second time
}

func defaultTiming() timing {
	return timing{
		write:       10 * time.Second,
		refuse:      2 * time.Second,
		goodbye:     5 * time.Second,
		noFrames:    10 * time.Second,
		noFramesEnd: 3 * time.Second,
		acceptPause: 200 * time.Millisecond,
		recordPause: 100 * time.Millisecond,
	}
}
