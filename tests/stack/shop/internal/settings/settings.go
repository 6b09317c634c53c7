// Package settings reads /etc/shop.json: the name of this image, and the faults built into it.
package settings

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// Settings lie in the topmost layer, so that images differ by files only, as real ones do.
type Settings struct {
	Version  string `json:"version"`
	Checkout struct {
		FailOneIn int  `json:"fail_one_in"` // every n-th checkout answers 500
		DelayMS   int  `json:"delay_ms"`
		AlwaysBad bool `json:"always_fails"`
	} `json:"checkout"`
	CrashAtStart bool `json:"crash_at_start"` // servers only; an update works
}

// Delay is the time a checkout takes longer than it should.
func (s Settings) Delay() time.Duration { return time.Duration(s.Checkout.DelayMS) * time.Millisecond }

// Root is the folder that stands for the image's root. It differs from / only when the shop runs on the host.
func Root() string {
	if r := os.Getenv("SHOP_ROOT"); r != "" {
		return r
	}
	return "/"
}

// Load reads the settings of the image below root.
func Load(root string) (Settings, error) {
	s := Settings{Version: "0"}
	text, err := os.ReadFile(filepath.Join(root, "etc/shop.json"))
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(text, &s)
}
