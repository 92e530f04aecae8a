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
	return map[string]string{}
}
