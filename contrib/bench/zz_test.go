package main
import ("testing";"fmt";"time"
"github.com/pptpac/pptpac/contrib/bench/lab"
"github.com/pptpac/pptpac/concentrator"
"github.com/pptpac/pptpac/dataplane"
"github.com/pptpac/pptpac/dataplane/nulltest")
type spy struct{dataplane.Plane; who string; t0 *time.Time}
type spyT struct{dataplane.Tunnel; s spy}
type spyE struct{dataplane.Events; s spy}
func (s spy) say(f string,a ...any){ fmt.Printf("%8.3fms %s "+f+"\n", append([]any{float64(time.Since(*s.t0).Microseconds())/1000,s.who},a...)...)}
func (s spy) Open(sp dataplane.Spec,e dataplane.Events)(dataplane.Tunnel,error){s.say("open %+v",sp.LocalCallID);t,err:=s.Plane.Open(sp,spyE{e,s});return &spyT{t,s},err}
func (t *spyT) Connect(a,b uint16) error{t.s.say("connect %d",a);return t.Tunnel.Connect(a,b)}
func (t *spyT) SendControl(f []byte) error{t.s.say("send %x",f);return t.Tunnel.SendControl(f)}
func (t *spyT) Forward(f dataplane.ForwardSpec) error{t.s.say("forward");return t.Tunnel.Forward(f)}
func (e spyE) ControlFrame(f []byte){e.s.say("got %x",f);e.Events.ControlFrame(f)}
func TestX(t *testing.T){
 wire:=nulltest.NewWire(); t0:=time.Now()
 server,stop,err:=startServer(spy{wire.Left,"S",&t0},lab.AAA{})
 if err!=nil{t.Fatal(err)}
 defer stop()
 cfg := concentrator.ClientConfig{LinkConfig: server.Config().Dynamic.LinkConfig, ConnectTo: server.Addrs()[0], User: lab.User}
 for range 3 { t0=time.Now(); c,d:=lab.Dial(cfg,spy{wire.Right,"  C",&t0},false); fmt.Println(d); t0=time.Now(); c.Close(); fmt.Println("closed",time.Since(t0)) }
}
