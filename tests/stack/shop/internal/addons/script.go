package addons

import (
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
)

// Script is a migration script; When is pre, post or end.
type Script struct {
	Version, When, Path string
	Steps               []Step
}

// Step is a statement the script executes, or the message of the exception it raises.
type Step struct{ SQL, Raise string }

var stepText = regexp.MustCompile(`(?s)cr\.execute\(\s*"""(.*?)"""|raise \w+\(\s*"([^"]*)"`)

// readScripts reads migrations/<version>/{pre,post,end}-*.py. A script is run by the SQL and the raises in its text.
func readScripts(dir, series string) ([]Script, error) {
	paths, _ := filepath.Glob(filepath.Join(dir, "migrations", "*", "*.py"))
	sort.Strings(paths)
	var scripts []Script
	for _, path := range paths {
		when, _, ok := strings.Cut(filepath.Base(path), "-")
		if !ok || when != "pre" && when != "post" && when != "end" {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		version := filepath.Base(filepath.Dir(path))
		if version != "0.0.0" && !strings.HasPrefix(version, series+".") {
			version = series + "." + version
		}
		s := Script{Version: version, When: when, Path: path}
		for _, g := range stepText.FindAllStringSubmatch(string(text), -1) {
			s.Steps = append(s.Steps, Step{SQL: g[1], Raise: g[2]})
		}
		scripts = append(scripts, s)
	}
	sort.SliceStable(scripts, func(i, j int) bool { return Less(scripts[i].Version, scripts[j].Version) })
	return scripts, nil
}

// Due gives the scripts to run from the installed version to the manifest's.
func (m *Module) Due(when, installed string) []Script {
	var due []Script
	for _, s := range m.Scripts {
		if s.When != when {
			continue
		}
		if s.Version == "0.0.0" && installed != m.Version ||
			s.Version != "0.0.0" && Less(installed, s.Version) && !Less(m.Version, s.Version) {
			due = append(due, s)
		}
	}
	return due
}
