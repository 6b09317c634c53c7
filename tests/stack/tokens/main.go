// Command tokens gives out the bearer tokens that the production registry asks for: anyone may pull, one user may also push.
package main

import (
	"crypto/subtle"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"flag"
	"log"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const lifetime = 5 * time.Minute

// access is one entry of a token's "access" claim, as the registry's token specification names its parts.
type access struct {
	Type    string   `json:"type"`
	Name    string   `json:"name"`
	Actions []string `json:"actions"`
}

type server struct {
	issuer, service, user, password string
	signer                          tls.Certificate
}

// parseScope reads "repository:some/name:pull,push"; a name may hold colons (a registry's port), so type and actions are cut off the ends.
func parseScope(scope string) (access, bool) {
	kind, rest, ok := strings.Cut(scope, ":")
	end := strings.LastIndex(rest, ":")
	if !ok || end < 0 {
		return access{}, false
	}
	return access{Type: kind, Name: rest[:end], Actions: strings.Split(rest[end+1:], ",")}, true
}

// grant leaves of what was asked for only what the caller may have; a client learns what was left out from the registry's own refusal.
func grant(scopes []string, pusher bool) []access {
	granted := []access{}
	for _, scope := range scopes {
		asked, ok := parseScope(scope)
		if !ok || asked.Type != "repository" {
			continue
		}
		if !pusher {
			if !slices.Contains(asked.Actions, "pull") {
				continue
			}
			asked.Actions = []string{"pull"}
		}
		granted = append(granted, asked)
	}
	return granted
}

func (s *server) sign(subject string, granted []access, now time.Time) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"iss": s.issuer, "sub": subject, "aud": s.service, "access": granted,
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(lifetime).Unix(),
	})
	// The registry trusts the certificate, not a key's name, so the token carries it.
	token.Header["x5c"] = []string{base64.StdEncoding.EncodeToString(s.signer.Certificate[0])}
	return token.SignedString(s.signer.PrivateKey)
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Clients try OAuth's POST first and fall back to GET on this answer.
	if r.Method != http.MethodGet {
		http.Error(w, "only GET", http.StatusMethodNotAllowed)
		return
	}
	user, password, named := r.BasicAuth()
	pusher := named && same(user, s.user) && same(password, s.password)
	if named && !pusher {
		w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
		http.Error(w, `{"errors":[{"code":"UNAUTHORIZED","message":"wrong user or password"}]}`, http.StatusUnauthorized)
		return
	}
	var scopes []string
	for _, value := range r.URL.Query()["scope"] {
		scopes = append(scopes, strings.Fields(value)...)
	}
	now := time.Now()
	token, err := s.sign(user, grant(scopes, pusher), now)
	if err != nil {
		log.Print(err)
		http.Error(w, "cannot sign", http.StatusInternalServerError)
		return
	}
	log.Printf("user %q asked for %q", user, scopes)
	w.Header().Set("Content-Type", "application/json")
	err = json.NewEncoder(w).Encode(map[string]any{
		"token": token, "access_token": token, "expires_in": int(lifetime.Seconds()), "issued_at": now.UTC().Format(time.RFC3339),
	})
	if err != nil {
		log.Print(err)
	}
}

func main() {
	address := flag.String("listen", "", "address to listen at")
	certificate := flag.String("tls-cert", "", "certificate file to serve with")
	key := flag.String("tls-key", "", "key of the certificate to serve with")
	signCertificate := flag.String("sign-cert", "", "certificate file that the registry trusts")
	signKey := flag.String("sign-key", "", "ECDSA P-256 key of that certificate")
	passwordFile := flag.String("password-file", "", "file with that user's password, and nothing else")
	s := &server{}
	flag.StringVar(&s.issuer, "issuer", "", "issuer that the registry expects")
	flag.StringVar(&s.service, "service", "", "service name of the registry")
	flag.StringVar(&s.user, "user", "", "the user who may push")
	flag.Parse()
	password, err := os.ReadFile(*passwordFile)
	if err != nil {
		log.Fatal(err)
	}
	s.password = string(password)
	if s.user == "" || s.password == "" {
		log.Fatal("no user or no password: anyone could push")
	}
	if s.signer, err = tls.LoadX509KeyPair(*signCertificate, *signKey); err != nil {
		log.Fatal(err)
	}
	http.Handle("/token", s)
	http.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	log.Fatal(http.ListenAndServeTLS(*address, *certificate, *key, nil))
}
