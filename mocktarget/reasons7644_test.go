package mocktarget_test

// reasonsRFC7644 holds the reasons for rows of RFC 7644.
func reasonsRFC7644() map[string]string {
	return map[string]string{
		"RFC7644-2-R1":    "Optional. Client certificates are the business of the listener that the handler is put behind.",
		"RFC7644-2-R11":   "Optional. A credential may have a user at /Me; none is confined to that user.",
		"RFC7644-3.11-R3": "Optional. /Me is answered in place, with Location, rather than by a redirect.",
		"RFC7644-6.1-R1":  "Optional. The path names the tenant; a credential may be confined to one.",
		"RFC7644-7.4-R2":  "The mock also listens without TLS, for tests on the loopback interface; behind TLS all its links say https.",
	}
}
