package mocktarget_test

import "maps"

// reasons returns why rows of the catalogue that could be tested have no test.
func reasons() map[string]string {
	all := reasonsRFC7643()
	maps.Copy(all, reasonsRFC7644())
	return all
}

// reasonsRFC7643 holds the reasons for rows of RFC 7643, and of RFC 9865 and 9944.
func reasonsRFC7643() map[string]string {
	return map[string]string{
		"RFC7643-4.1.1-R17": "Passwords are prepared and hashed, which the rows of RFC 7644 section 5 and of passwords show. There is no policy: tests use any.",
		"RFC7643-4.1.2-R6":  "Phone numbers stay as they were sent: most have no country and so no canonical form, and clients look them up as they wrote them.",
		"RFC7643-4.1.2-R10": "Only fetching a URL tells whether a picture is there; the mock fetches nothing.",
		"RFC9944-6.3-R1":    "Issuing tokens is behaviour beyond a schema; the mock serves further resource types from their schemas alone.",
		"RFC9944-8-R2":      "The credentials of a tenant may all do the same; resources of different owners belong into tenants of their own.",
	}
}
