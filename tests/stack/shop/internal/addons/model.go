package addons

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"ostler.example/shop/internal/pylit"
)

// Field is one field of a model as a module's Python declares it.
type Field struct {
	Name, Type, Comodel string
	Required, Store     bool
	Index               bool
	Compute             string
	Default             any // a literal, or nil
}

// Column gives the SQL type, or "" for a field without a column.
func (f Field) Column() string {
	if !f.Store {
		return ""
	}
	return map[string]string{"Char": "varchar", "Selection": "varchar", "Text": "text", "Html": "text", "Boolean": "bool",
		"Integer": "int4", "Many2one": "int4", "Float": "numeric", "Monetary": "numeric", "Date": "date",
		"Datetime": "timestamp", "Binary": "bytea", "Json": "jsonb"}[f.Type]
}

// Constraint is an entry of _sql_constraints.
type Constraint struct{ Name, Definition, Message string }

// Model is one class: a model of its own, or an addition to another's.
type Model struct {
	Name        string
	Description string
	Inherit     bool
	Fields      []Field
	Constraints []Constraint
}

// Table is the model's table name.
func Table(model string) string { return strings.ReplaceAll(model, ".", "_") }

var (
	classLine = regexp.MustCompile(`^class (\w+)\(`)
	nameLine  = regexp.MustCompile(`^    (_name|_inherit|_description) = ["'](.+)["']`)
	fieldLine = regexp.MustCompile(`^    (\w+) = fields\.(\w+)\(`)
	sqlLine   = regexp.MustCompile(`^    _sql_constraints = \[`)
)

// readModels reads the classes of models/*.py. The text is what Odoo would run, so the shop has no other source.
func readModels(dir string) ([]Model, error) {
	paths, _ := filepath.Glob(filepath.Join(dir, "models", "*.py"))
	sort.Strings(paths)
	var all []Model
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		models, err := parseModels(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, models...)
	}
	return all, nil
}

func parseModels(text string) ([]Model, error) {
	var models []Model
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if classLine.MatchString(line) {
			models = append(models, Model{})
			continue
		}
		if len(models) == 0 {
			continue
		}
		m := &models[len(models)-1]
		if g := nameLine.FindStringSubmatch(line); g != nil {
			switch g[1] {
			case "_name":
				m.Name, m.Inherit = g[2], false
			case "_inherit":
				if m.Name == "" {
					m.Name, m.Inherit = g[2], true
				}
			case "_description":
				m.Description = g[2]
			}
		} else if g := fieldLine.FindStringSubmatch(line); g != nil {
			inside, last := balanced(lines, i, strings.Index(line, "(")+1)
			f, err := newField(g[1], g[2], inside)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", i+1, err)
			}
			m.Fields = append(m.Fields, f)
			i = last
		} else if sqlLine.MatchString(line) {
			inside, last := balanced(lines, i, strings.Index(line, "[")+1)
			v, err := pylit.Parse("[" + inside + "]")
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", i+1, err)
			}
			for _, row := range v.([]any) {
				t := row.([]any)
				m.Constraints = append(m.Constraints, Constraint{t[0].(string), t[1].(string), t[2].(string)})
			}
			i = last
		}
	}
	return models, nil
}

// balanced gives the text from a place after an opening bracket up to its closing one, and the line of that.
func balanced(lines []string, line, from int) (string, int) {
	text := strings.Join(lines[line:], "\n")
	depth := 1
	var quote byte
	for i := from; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case strings.IndexByte("([{", c) >= 0:
			depth++
		case strings.IndexByte(")]}", c) >= 0:
			if depth--; depth == 0 {
				return text[from:i], line + strings.Count(text[:i], "\n")
			}
		}
	}
	return text[from:], len(lines)
}

func newField(name, kind, args string) (Field, error) {
	positional, kw, err := pylit.Args(args)
	if err != nil {
		return Field{}, err
	}
	f := Field{Name: name, Type: kind, Store: true}
	relational := kind == "Many2one" || kind == "One2many" || kind == "Many2many"
	if relational && len(positional) > 0 {
		f.Comodel, _ = positional[0].(string)
	}
	f.Required, _ = kw["required"].(bool)
	f.Index, _ = kw["index"].(bool)
	f.Compute, _ = kw["compute"].(string)
	if f.Compute != "" {
		f.Store, _ = kw["store"].(bool)
	}
	if d, ok := kw["default"]; ok {
		if _, raw := d.(pylit.Raw); !raw {
			f.Default = d
		}
	}
	return f, nil
}
