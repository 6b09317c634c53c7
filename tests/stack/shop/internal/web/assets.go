package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ostler.example/shop/internal/addons"
	"ostler.example/shop/internal/odoolog"
	"ostler.example/shop/internal/orm"
)

// assets is the one bundle: the scripts of all modules of the image, known by their hash.
type assets struct{ hash, script string }

func bundle(code *addons.Code) assets {
	var names []string
	for n := range code.Modules {
		names = append(names, n)
	}
	sort.Strings(names)
	var b strings.Builder
	for _, n := range names {
		files, _ := filepath.Glob(filepath.Join(code.Modules[n].Path, "static/src/*.js"))
		for _, f := range files {
			text, _ := os.ReadFile(f)
			fmt.Fprintf(&b, "/* %s/%s */\n%s\n", n, filepath.Base(f), text)
		}
	}
	sum := sha256.Sum256([]byte(b.String()))
	return assets{hash: hex.EncodeToString(sum[:])[:7], script: b.String()}
}

func (a assets) url(name string) string { return "/web/assets/" + a.hash + "/" + name }

func (a assets) links() string {
	return fmt.Sprintf(`<link type="text/css" rel="stylesheet" href="%s"/><script type="text/javascript" src="%s"></script>`,
		a.url("web.assets_web.min.css"), a.url("web.assets_web.min.js"))
}

// asset serves what has a row, whichever version made it. It makes its own version's row and removes the other's; for a
// hash that has no row it sends the client to its own version.
func (s *Server) asset(q *request) error {
	part := strings.Split(strings.TrimPrefix(q.URL.Path, "/web/assets/"), "/")
	if len(part) != 2 || !strings.HasPrefix(part[1], "web.assets_web.min.") {
		return s.missing(q)
	}
	name := part[1]
	kind := map[string]string{".js": "application/javascript", ".css": "text/css"}[filepath.Ext(name)]
	if kind == "" {
		return s.missing(q)
	}
	own := part[0] == s.assets.hash
	var text []byte
	err := q.tx(func(tx pgx.Tx) error {
		err := tx.QueryRow(q.ctx, "SELECT db_datas FROM ir_attachment WHERE url = $1 ORDER BY id LIMIT 1", q.URL.Path).Scan(&text)
		if err == nil || !errors.Is(err, pgx.ErrNoRows) || !own {
			return err
		}
		if kind == "text/css" {
			text = []byte("/* " + s.assets.hash + " */ body { margin: 0 }\n")
		} else {
			text = []byte(s.assets.script)
		}
		return s.storeAsset(q, tx, name, kind, text)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		http.Redirect(q.w, q.Request, s.assets.url(name), http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	q.w.Header().Set("Content-Type", kind)
	q.w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(q.w, q.Request, "", time.Time{}, strings.NewReader(string(text)))
	return nil
}

func (s *Server) storeAsset(q *request, tx pgx.Tx, name, kind string, text []byte) error {
	odoolog.Info(q.db, "odoo.addons.base.models.assetsbundle", "Generating a new asset bundle attachment %s (id:%s)", s.assets.url(name), name)
	tag, err := tx.Exec(q.ctx, "DELETE FROM ir_attachment WHERE name = $1 AND url LIKE '/web/assets/%' AND url <> $2", name, s.assets.url(name))
	if err != nil {
		return err
	}
	if tag.RowsAffected() > 0 {
		odoolog.Info(q.db, "odoo.addons.base.models.assetsbundle", "Deleting attachments (matching %s) because it was replaced with %s", name, s.assets.url(name))
	}
	sum := sha256.Sum256(text)
	_, err = orm.Create(q.ctx, tx, q.reg.Models["ir.attachment"], map[string]any{"name": name, "url": s.assets.url(name), "res_model": "ir.ui.view",
		"res_id": 0, "type": "binary", "public": true, "db_datas": text, "file_size": len(text), "mimetype": kind, "checksum": hex.EncodeToString(sum[:20])}, "")
	return err
}
