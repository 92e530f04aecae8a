package cli

import (
	"io"
	"os"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/permiso/scimwright/provisioner"
)

// A progressBar shows how far a sync has come. It is silent unless it writes to a
// terminal.
type progressBar struct {
	container *mpb.Progress
	bar       *mpb.Bar
}

func newProgressBar(w io.Writer) *progressBar {
	if !isTerminal(w) {
		return &progressBar{}
	}
	container := mpb.New(mpb.WithOutput(w), mpb.WithWidth(60))
	return &progressBar{
		container: container,
		bar: container.AddBar(0,
			mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Name("users and groups "), decor.CountersNoUnit("%d/%d")),
			mpb.AppendDecorators(decor.Elapsed(decor.ET_STYLE_GO)),
		),
	}
}

func (p *progressBar) show(now provisioner.RunProgress) {
	if p.bar == nil {
		return
	}
	p.bar.SetTotal(int64(now.Marked), false)
	p.bar.SetCurrent(int64(now.Done()))
}

// close takes the bar away.
func (p *progressBar) close() {
	if p.bar == nil {
		return
	}
	p.bar.Abort(true)
	p.container.Wait()
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
