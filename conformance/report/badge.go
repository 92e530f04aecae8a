package report

import (
	"fmt"
	"io"
	"text/template"

	"github.com/permiso/scimwright/conformance"
)

var badge = template.Must(template.New("badge").Parse(`<svg xmlns="http://www.w3.org/2000/svg" width="{{.Width}}" height="20" role="img" aria-label="SCIM 2.0: {{.Text}}">
  <title>SCIM 2.0: {{.Text}}</title>
  <clipPath id="r"><rect width="{{.Width}}" height="20" rx="3"/></clipPath>
  <g clip-path="url(#r)">
    <rect width="66" height="20" fill="#444c56"/>
    <rect x="66" width="{{.Right}}" height="20" fill="{{.Colour}}"/>
  </g>
  <g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
    <text x="33" y="14">SCIM 2.0</text>
    <text x="{{.Middle}}" y="14">{{.Text}}</text>
  </g>
</svg>
`))

// writeBadge draws the conclusion for a project's front page.
func writeBadge(w io.Writer, r *Results) error {
	text, colour := r.Summary.Conclusion, "#1a7f37"
	switch conformance.Conclusion(text) {
	case conformance.Partial:
		colour = "#9a6700"
	case conformance.NonConformant:
		colour = "#b3261e"
		if r.Summary.Fail > 0 {
			text = fmt.Sprintf("%d failed", r.Summary.Fail)
		}
	}
	right := 7*len(text) + 14
	return badge.Execute(w, map[string]any{"Text": text, "Colour": colour, "Right": right, "Width": 66 + right, "Middle": 66 + right/2})
}
