package passwd

import "testing"

func TestHashMatches(t *testing.T) {
	h := Hash("secret")
	if !Matches(h, "secret") || Matches(h, "other") || Matches("plain", "plain") || Matches("", "") {
		t.Fatal(h)
	}
}
