// Package session keeps web sessions where camptocamp's session_redis keeps them, under the same keys.
package session

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Session is the JSON that is stored.
type Session struct {
	SID   string `json:"-"`
	UID   int    `json:"uid,omitempty"`
	Login string `json:"login,omitempty"`
	DB    string `json:"db,omitempty"`
}

// Store is Redis, or the memory of this process when ODOO_SESSION_REDIS is not set: then two replicas do not share sessions.
type Store struct {
	redis           *redis.Client
	prefix          string
	user, anonymous time.Duration

	mu     sync.Mutex
	memory map[string][]byte
}

// FromEnv reads session_redis' variables.
func FromEnv() (*Store, error) {
	s := &Store{memory: map[string][]byte{}, prefix: os.Getenv("ODOO_SESSION_REDIS_PREFIX"),
		user: seconds("ODOO_SESSION_REDIS_EXPIRATION", 7*24*3600), anonymous: seconds("ODOO_SESSION_REDIS_EXPIRATION_ANONYMOUS", 3*3600)}
	on, _ := strconv.ParseBool(os.Getenv("ODOO_SESSION_REDIS"))
	if !on {
		return s, nil
	}
	opt := &redis.Options{Addr: fallback("ODOO_SESSION_REDIS_HOST", "localhost") + ":" + fallback("ODOO_SESSION_REDIS_PORT", "6379"),
		Password: os.Getenv("ODOO_SESSION_REDIS_PASSWORD")}
	if url := os.Getenv("ODOO_SESSION_REDIS_URL"); url != "" {
		var err error
		if opt, err = redis.ParseURL(url); err != nil {
			return nil, err
		}
	}
	opt.PoolSize = 8
	s.redis = redis.NewClient(opt)
	return s, nil
}

func fallback(name, value string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return value
}

func seconds(name string, value int) time.Duration {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		value = n
	}
	return time.Duration(value) * time.Second
}

// Key is session:<sid>, or session::<prefix>:<sid>: the double colon is in session_redis' code.
func (s *Store) Key(sid string) string {
	if s.prefix != "" {
		return fmt.Sprintf("session::%s:%s", s.prefix, sid)
	}
	return "session:" + sid
}

// New makes an anonymous session; it is not stored yet.
func New() *Session {
	b := make([]byte, 20)
	rand.Read(b)
	return &Session{SID: hex.EncodeToString(b)}
}

// Get reads a session. One that is not there gives nil; one that cannot be read is empty, as in session_redis.
func (s *Store) Get(ctx context.Context, sid string) (*Session, error) {
	text, err := s.read(ctx, s.Key(sid))
	if err != nil || text == nil {
		return nil, err
	}
	one := &Session{}
	if json.Unmarshal(text, one) != nil {
		one = &Session{}
	}
	one.SID = sid
	return one, nil
}

func (s *Store) read(ctx context.Context, key string) ([]byte, error) {
	if s.redis == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.memory[key], nil
	}
	text, err := s.redis.Get(ctx, key).Bytes()
	if err == redis.Nil {
		return nil, nil
	}
	return text, err
}

// Save writes and then sets the time to live, in two commands, as session_redis does.
func (s *Store) Save(ctx context.Context, one *Session) error {
	text, err := json.Marshal(one)
	if err != nil {
		return err
	}
	key := s.Key(one.SID)
	if s.redis == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.memory[key] = text
		return nil
	}
	if err := s.redis.Set(ctx, key, text, 0).Err(); err != nil {
		return err
	}
	ttl := s.user
	if one.UID == 0 {
		ttl = s.anonymous
	}
	return s.redis.Expire(ctx, key, ttl).Err()
}

// Delete removes a session: the user is logged out.
func (s *Store) Delete(ctx context.Context, sid string) error {
	if s.redis == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.memory, s.Key(sid))
		return nil
	}
	return s.redis.Del(ctx, s.Key(sid)).Err()
}
