package cli

import (
	"reflect"
	"testing"
)

func TestUpdateLine(t *testing.T) {
	o, err := Parse([]string{"-d", "alma", "-u", "sale_omni,pos_retail", "--no-http", "--stop-after-init", "--workers=0",
		"--max-cron-threads=0", "--load=base,web,guard", "--addons-path=/mnt/guard,/mnt/extra-addons"})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(o.Databases, []string{"alma"}) || !reflect.DeepEqual(o.Update, []string{"sale_omni", "pos_retail"}) ||
		o.HTTP || !o.StopAfterInit || o.MaxCronThreads != 0 || o.Load[2] != "guard" || len(o.AddonsPath) != 2 {
		t.Fatalf("%+v", o)
	}
}

func TestRefused(t *testing.T) {
	for _, args := range [][]string{{"--nonsense"}, {"-d"}, {"--workers=x"}} {
		if _, err := Parse(args); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}

func TestChannels(t *testing.T) {
	for text, want := range map[string]int{"": 0, "root:0": 0, "root:4": 4, "root:4,root.mail:1": 4, "root": 1} {
		if got := channels(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}
