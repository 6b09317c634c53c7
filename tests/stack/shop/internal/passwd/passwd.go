// Package passwd hashes passwords in the form Odoo stores them: passlib's pbkdf2_sha512.
package passwd

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

const rounds = 1000 // Odoo takes 600,000; the shop's logins are not to be slow

var enc = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./").WithPadding(base64.NoPadding)

// Hash gives the text for res_users.password.
func Hash(password string) string {
	salt := make([]byte, 16)
	rand.Read(salt)
	return fmt.Sprintf("$pbkdf2-sha512$%d$%s$%s", rounds, enc.EncodeToString(salt), enc.EncodeToString(derive(password, salt, rounds)))
}

// Matches says whether the password belongs to the stored hash.
func Matches(stored, password string) bool {
	part := strings.Split(stored, "$")
	if len(part) != 5 || part[1] != "pbkdf2-sha512" {
		return false
	}
	n, err := strconv.Atoi(part[2])
	if err != nil || n < 1 {
		return false
	}
	salt, err := enc.DecodeString(part[3])
	if err != nil {
		return false
	}
	want, err := enc.DecodeString(part[4])
	return err == nil && subtle.ConstantTimeCompare(want, derive(password, salt, n)) == 1
}

func derive(password string, salt []byte, n int) []byte {
	key, err := pbkdf2.Key(sha512.New, password, salt, n, sha512.Size)
	if err != nil {
		panic(err) // only for a key length that does not exist
	}
	return key
}
