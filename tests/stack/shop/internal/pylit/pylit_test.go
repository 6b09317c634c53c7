package pylit

import (
	"reflect"
	"testing"
)

func TestManifest(t *testing.T) {
	v, err := Parse("# a comment\n{\n 'name': 'Sale' \" Omni\",\n 'version': \"18.0.1.0\", # here\n 'depends': ['base', 'web',],\n 'installable': True, 'n': (1, 2.5, None),\n}\n")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"name": "Sale Omni", "version": "18.0.1.0", "depends": []any{"base", "web"}, "installable": true, "n": []any{1, 2.5, nil}}
	if !reflect.DeepEqual(v, want) {
		t.Fatalf("got %#v", v)
	}
}

func TestArgs(t *testing.T) {
	pos, kw, err := Args(`"res.partner", required=True, default=lambda self: self._x(1, 2), index=False`)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(pos, []any{"res.partner"}) || kw["required"] != true || kw["default"] != Raw("lambda self: self._x(1, 2)") {
		t.Fatalf("got %v %v", pos, kw)
	}
}

func TestBroken(t *testing.T) {
	for _, text := range []string{"{'a'", "{'a': x}", "['a' 1]", "'abc", "{} x"} {
		if _, err := Parse(text); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}
