// Package addons reads what a module is from the files of an image: manifest, models, data and migration scripts.
package addons

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"

	"ostler.example/shop/internal/odoolog"
	"ostler.example/shop/internal/pylit"
	"ostler.example/shop/internal/settings"
)

// Module is one addon folder.
type Module struct {
	Name, Path, Title string
	Version           string // adapted: with the series before it
	Depends, Data     []string
	Installable       bool
	AutoInstall       bool
	Models            []Model
	Scripts           []Script
}

// Code is all that an image brings.
type Code struct {
	Root     string
	Series   string
	Settings settings.Settings
	Paths    []string // addons folders, searched in this order
	Modules  map[string]*Module
}

// Load reads the image below root, with the addons folders of the command line before its own.
func Load(root string, extra []string) (*Code, error) {
	series, err := Series(root)
	if err != nil {
		return nil, err
	}
	conf, err := settings.Load(root)
	if err != nil {
		return nil, err
	}
	c := &Code{Root: root, Series: series, Settings: conf, Modules: map[string]*Module{}}
	for _, dir := range extra {
		if st, err := os.Stat(dir); err != nil || !st.IsDir() {
			return nil, fmt.Errorf("option --addons-path: the path %q is not a valid addons directory", dir)
		}
		c.Paths = append(c.Paths, dir)
	}
	c.Paths = append(c.Paths, filepath.Join(root, "usr/lib/python3/dist-packages/odoo/addons"), filepath.Join(root, "mnt/extra-addons"))
	for _, dir := range c.Paths {
		if err := c.scan(dir); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *Code) scan(dir string) error {
	manifests, _ := filepath.Glob(filepath.Join(dir, "*", "__manifest__.py"))
	for _, path := range manifests {
		name := filepath.Base(filepath.Dir(path))
		if c.Modules[name] != nil {
			continue
		}
		m, err := c.read(name, path)
		if err != nil {
			return err
		}
		c.Modules[name] = m
	}
	return nil
}

func (c *Code) read(name, path string) (*Module, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	v, err := pylit.Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	d, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s: not a dict", path)
	}
	m := &Module{Name: name, Path: filepath.Dir(path), Installable: true}
	m.Title, _ = d["name"].(string)
	if on, has := d["installable"].(bool); has {
		m.Installable = on
	}
	m.AutoInstall, _ = d["auto_install"].(bool)
	version, _ := d["version"].(string)
	if m.Version, err = AdaptVersion(c.Series, version); err != nil {
		if m.Installable {
			return nil, fmt.Errorf("module %s: %w", name, err)
		}
		m.Version = version
	}
	m.Depends, m.Data = texts(d["depends"]), texts(d["data"])
	if len(m.Depends) == 0 && name != "base" {
		m.Depends = []string{"base"}
	}
	if m.Models, err = readModels(m.Path); err != nil {
		return nil, err
	}
	m.Scripts, err = readScripts(m.Path, c.Series)
	return m, err
}

func texts(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, e := range list {
		if s, ok := e.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// Graph puts modules in loading order: what a module depends on comes first, then by name.
// Modules that are missing or depend on one that is missing are left out, with the warnings of Odoo.
func (c *Code) Graph(db string, names []string) []*Module {
	depth := map[string]int{}
	for _, n := range names {
		if m := c.Modules[n]; m == nil || !m.Installable {
			odoolog.Warning(db, "odoo.modules.graph", "module %s: not installable, skipped", n)
		} else {
			depth[n] = -1
		}
	}
	for progress := true; progress; {
		progress = false
		for n, at := range depth {
			if at >= 0 {
				continue
			}
			level, ready := 0, true
			for _, d := range c.Modules[n].Depends {
				if l, ok := depth[d]; !ok || l < 0 {
					ready = false
				} else if l+1 > level {
					level = l + 1
				}
			}
			if ready {
				depth[n], progress = level, true
			}
		}
	}
	var order []*Module
	for n, at := range depth {
		if at < 0 {
			odoolog.Info(db, "odoo.modules.graph", "module %s: Unmet dependencies", n)
			continue
		}
		order = append(order, c.Modules[n])
	}
	sort.Slice(order, func(i, j int) bool {
		a, b := order[i], order[j]
		if depth[a.Name] != depth[b.Name] {
			return depth[a.Name] < depth[b.Name]
		}
		return a.Name < b.Name
	})
	return order
}
