package addons

import "sort"

// Registry is the models as the loaded modules make them: what this code believes the tables to be.
type Registry struct {
	Models map[string]*Entry
}

// Entry is one model with the fields of all modules loaded so far.
type Entry struct {
	Name        string
	Description string
	Fields      map[string]Field
	Order       []string
}

// Magic columns every table has.
var Magic = []string{"id", "create_uid", "create_date", "write_uid", "write_date"}

// NewRegistry makes an empty one.
func NewRegistry() *Registry { return &Registry{Models: map[string]*Entry{}} }

// Add loads a module's classes and gives the names of the models it touched.
func (r *Registry) Add(m *Module) []string {
	var touched []string
	for _, c := range m.Models {
		e := r.Models[c.Name]
		if e == nil {
			e = &Entry{Name: c.Name, Description: c.Description, Fields: map[string]Field{}}
			r.Models[c.Name] = e
		}
		for _, f := range c.Fields {
			if _, has := e.Fields[f.Name]; !has {
				e.Order = append(e.Order, f.Name)
			}
			e.Fields[f.Name] = f
		}
		touched = append(touched, c.Name)
	}
	return touched
}

// Columns are the stored fields with a column, in order of declaration, without the magic ones.
func (e *Entry) Columns() []string {
	var out []string
	for _, n := range e.Order {
		if e.Fields[n].Column() != "" {
			out = append(out, n)
		}
	}
	return out
}

// Has says whether the code knows a field.
func (e *Entry) Has(field string) bool { _, ok := e.Fields[field]; return ok }

// Names of all models, sorted.
func (r *Registry) Names() []string {
	var out []string
	for n := range r.Models {
		out = append(out, n)
	}
	sort.Strings(out)
	return out
}
