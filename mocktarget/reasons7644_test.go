package mocktarget_test

// reasonsRFC7644 holds the reasons for rows of RFC 7644.
func reasonsRFC7644() map[string]string {
	return map[string]string{}
}
