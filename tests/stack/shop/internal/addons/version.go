package addons

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

var versionInfo = regexp.MustCompile(`(?m)^version_info\s*=\s*\(\s*(\d+)\s*,\s*(\d+)`)

// Series reads the major version, such as 18.0, from the release.py of the image below root.
func Series(root string) (string, error) {
	path := filepath.Join(root, "usr/lib/python3/dist-packages/odoo/release.py")
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	m := versionInfo.FindSubmatch(text)
	if m == nil {
		return "", fmt.Errorf("%s: no version_info", path)
	}
	return string(m[1]) + "." + string(m[2]), nil
}

// AdaptVersion puts the series before a manifest's version as Odoo 18.0 does.
func AdaptVersion(series, version string) (string, error) {
	if version == "" {
		version = "1.0"
	}
	if version == series || !strings.HasPrefix(version, series+".") {
		version = series + "." + version
	}
	rest := strings.Split(strings.TrimPrefix(version, series+"."), ".")
	if len(rest) != 2 && len(rest) != 3 {
		return "", fmt.Errorf("invalid version %q: need x.y or x.y.z after the series", version)
	}
	for _, part := range rest {
		if _, err := strconv.Atoi(part); err != nil {
			return "", fmt.Errorf("invalid version %q: %q is no number", version, part)
		}
	}
	return version, nil
}

// Less compares two versions number by number.
func Less(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := 0; i < len(x) && i < len(y); i++ {
		m, _ := strconv.Atoi(x[i])
		n, _ := strconv.Atoi(y[i])
		if m != n {
			return m < n
		}
	}
	return len(x) < len(y)
}
