package session

import (
	"context"
	"testing"
)

func TestKeys(t *testing.T) {
	if k := (&Store{}).Key("a"); k != "session:a" {
		t.Error(k)
	}
	if k := (&Store{prefix: "shop"}).Key("a"); k != "session::shop:a" {
		t.Error(k)
	}
}

func TestMemory(t *testing.T) {
	s, err := FromEnv()
	if err != nil {
		t.Fatal(err)
	}
	ctx, one := context.Background(), New()
	one.UID = 2
	s.Save(ctx, one)
	if got, _ := s.Get(ctx, one.SID); got == nil || got.UID != 2 || got.SID != one.SID {
		t.Fatal(got)
	}
	s.Delete(ctx, one.SID)
	if got, _ := s.Get(ctx, one.SID); got != nil {
		t.Fatal(got)
	}
}
