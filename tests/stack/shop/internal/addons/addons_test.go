package addons

import (
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"ostler.example/shop/internal/odoolog"
)

func TestAdaptVersion(t *testing.T) {
	for in, want := range map[string]string{"1.0": "18.0.1.0", "18.0.2.0": "18.0.2.0", "": "18.0.1.0", "1.2.3": "18.0.1.2.3",
		"18.0": "18.0.18.0", "1": "", "1.x": "", "17.0.1.0": ""} {
		got, err := AdaptVersion("18.0", in)
		if got != want && !(want == "" && err != nil) {
			t.Errorf("%q: %q %v, want %q", in, got, err, want)
		}
	}
}

func TestModelsFromPython(t *testing.T) {
	models, err := parseModels(`from odoo import fields, models


class SaleOrder(models.Model):
    _name = "sale.order"
    _description = "Sales Order"

    name = fields.Char(string="Order (ref)", required=True, default="/")
    partner_id = fields.Many2one(
        "res.partner", required=True,
        index=True,
    )
    total = fields.Float(compute="_compute_total")
    _sql_constraints = [
        ("uuid_unique", "unique(client_uuid)", "Twice."),
    ]

    def _compute_total(self):
        other = fields.Date.today()


class Partner(models.Model):
    _inherit = "res.partner"

    loyalty = fields.Char()
`)
	if err != nil {
		t.Fatal(err)
	}
	want := []Model{
		{Name: "sale.order", Description: "Sales Order", Fields: []Field{
			{Name: "name", Type: "Char", Required: true, Store: true, Default: "/"},
			{Name: "partner_id", Type: "Many2one", Comodel: "res.partner", Required: true, Store: true, Index: true},
			{Name: "total", Type: "Float", Compute: "_compute_total"}},
			Constraints: []Constraint{{"uuid_unique", "unique(client_uuid)", "Twice."}}},
		{Name: "res.partner", Inherit: true, Fields: []Field{{Name: "loyalty", Type: "Char", Store: true}}},
	}
	if !reflect.DeepEqual(models, want) {
		t.Fatalf("got  %+v\nwant %+v", models, want)
	}
}

func TestScriptSteps(t *testing.T) {
	dir := t.TempDir()
	os.MkdirAll(filepath.Join(dir, "migrations/2.0"), 0o755)
	os.WriteFile(filepath.Join(dir, "migrations/2.0/post-fill.py"), []byte(`def migrate(cr, version):
    cr.execute(
        """UPDATE t SET a = 1"""
    )
    raise ValidationError("no till")
`), 0o644)
	scripts, err := readScripts(dir, "18.0")
	if err != nil || len(scripts) != 1 {
		t.Fatal(scripts, err)
	}
	want := []Step{{SQL: "UPDATE t SET a = 1"}, {Raise: "no till"}}
	if !reflect.DeepEqual(scripts[0].Steps, want) {
		t.Fatal(scripts[0].Steps)
	}
	m := &Module{Version: "18.0.2.0", Scripts: scripts}
	if len(m.Due("post", "18.0.1.0")) != 1 || len(m.Due("post", "18.0.2.0")) != 0 || len(m.Due("pre", "18.0.1.0")) != 0 {
		t.Fatal("wrong scripts are due")
	}
}

func TestGraph(t *testing.T) {
	odoolog.SetOutput(io.Discard)
	c := &Code{Modules: map[string]*Module{}}
	for name, depends := range map[string][]string{"base": nil, "web": {"base"}, "sale": {"web"}, "pos": {"sale"}, "lost": {"gone"}, "alpha": {"base"}} {
		c.Modules[name] = &Module{Name: name, Depends: depends, Installable: true}
	}
	var got []string
	for _, m := range c.Graph("t", []string{"pos", "sale", "web", "base", "lost", "gone", "alpha"}) {
		got = append(got, m.Name)
	}
	if want := []string{"base", "alpha", "web", "sale", "pos"}; !reflect.DeepEqual(got, want) {
		t.Fatal(got)
	}
}
