package control

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"io"
	"net/http"
	"strings"

	"github.com/permiso/scimwright/mocktarget/inspector"
)

// PagePath is where people look at the mock with a browser, see package inspector.
const PagePath = "/_mock/"

// loginPath is where the form goes that asks for the control token.
const loginPath = PagePath + "login"

// page returns the handler of the page. Where a control token is wanted, a browser
// gives it once, in a form, and is then known by a cookie.
func (a *API) page() http.Handler {
	page := http.StripPrefix(strings.TrimSuffix(PagePath, "/"), inspector.New(a.server, Path))
	access := a.config.Access
	guarded := access.Guard(page)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path+"/" == PagePath:
			http.Redirect(w, r, PagePath, http.StatusMovedPermanently)
		case access.Token == "" || access.known(r):
			guarded.ServeHTTP(w, r)
		case r.URL.Path == loginPath && r.Method == http.MethodPost:
			access.login(w, r)
		case r.URL.Path == PagePath:
			askForToken(w, "")
		default:
			guarded.ServeHTTP(w, r) // says what is missing
		}
	})
}

// cookieName names the cookie of a browser that has given the token.
const cookieName = "scimwright-mock"

// cookie returns the value of the cookie: it proves the token and does not hold it.
func (a Access) cookie() string {
	mac := hmac.New(sha256.New, []byte(a.Token))
	mac.Write([]byte(cookieName))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// known reports whether a request comes from a browser that has given the token, and
// from a page of this origin.
func (a Access) known(r *http.Request) bool {
	if a.Token == "" || http.NewCrossOriginProtection().Check(r) != nil {
		return false
	}
	c, err := r.Cookie(cookieName)
	return err == nil && subtle.ConstantTimeCompare([]byte(c.Value), []byte(a.cookie())) == 1
}

// login takes the form with the token and gives the browser its cookie.
func (a Access) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	given, want := sha256.Sum256([]byte(strings.TrimSpace(r.PostFormValue("token")))), sha256.Sum256([]byte(a.Token))
	if http.NewCrossOriginProtection().Check(r) != nil || subtle.ConstantTimeCompare(given[:], want[:]) != 1 {
		askForToken(w, "That is not the control token of this mock.")
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: a.cookie(), Path: PagePath, HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteStrictMode,
	})
	http.Redirect(w, r, PagePath, http.StatusSeeOther)
}

// askForToken answers with a form for the token. problem is a sentence of ours.
func askForToken(w http.ResponseWriter, problem string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = io.WriteString(w, `<!doctype html><html lang="en"><meta charset="utf-8"><title>scimwright mock</title>
<h1>scimwright mock</h1><p>`+problem+`</p>
<form method="post" action="`+loginPath+`"><label>Control token <input type="password" name="token" required autofocus></label> <button>Open</button></form></html>`)
}
