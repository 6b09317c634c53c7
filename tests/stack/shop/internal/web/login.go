package web

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	htmlpkg "html"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ostler.example/shop/internal/odoolog"
	"ostler.example/shop/internal/orm"
	"ostler.example/shop/internal/passwd"
	"ostler.example/shop/internal/session"
)

// login: the form needs no table but the views' one; logging in reads the user, the partner and the company.
func (s *Server) login(q *request) error {
	if q.session == nil {
		q.session = session.New()
		if err := s.sessions.Save(q.ctx, q.session); err != nil {
			return err
		}
		s.setCookie(q, 3*3600)
	}
	if q.Method != http.MethodPost {
		return s.loginPage(q, "")
	}
	ok, err := s.csrfValid(q)
	if err != nil {
		return err
	}
	if !ok {
		html(q.w, http.StatusBadRequest, "<!doctype html><title>400 Bad Request</title><h1>Bad Request</h1><p>Session expired (invalid CSRF token)</p>")
		return nil
	}
	user, err := s.checkPassword(q, q.FormValue("login"), q.FormValue("password"))
	if err != nil {
		return err
	}
	if user == nil {
		odoolog.Info(q.db, "odoo.addons.base.models.res_users", "Login failed for db:%s login:%s", q.db, q.FormValue("login"))
		return s.loginPage(q, "Wrong login/password")
	}
	if err := s.startSession(q, user); err != nil {
		return err
	}
	to := q.FormValue("redirect")
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") {
		to = "/odoo"
	}
	http.Redirect(q.w, q.Request, to, http.StatusSeeOther)
	return nil
}

func (s *Server) loginPage(q *request, problem string) error {
	token, err := s.csrfToken(q)
	if err != nil {
		return err
	}
	html(q.w, http.StatusOK, fmt.Sprintf(`<!doctype html>
<html><head><title>Odoo</title>%s</head><body>
<form class="oe_login_form" role="form" method="post" action="/web/login">
<input type="hidden" name="csrf_token" value="%s"/>
<input type="text" name="login"/><input type="password" name="password"/>
<input type="hidden" name="redirect" value="%s"/><p class="alert">%s</p><button type="submit">Log in</button>
</form></body></html>`, s.assets.links(), token, htmlpkg.EscapeString(q.FormValue("redirect")), problem))
	return nil
}

// checkPassword gives the user with all columns, or nil.
func (s *Server) checkPassword(q *request, login, password string) (user map[string]any, err error) {
	err = q.tx(func(tx pgx.Tx) error {
		users, err := orm.Read(q.ctx, tx, q.reg.Models["res.users"], "WHERE login = $1 AND active", login)
		if err != nil || len(users) == 0 {
			return err
		}
		if stored, _ := users[0]["password"].(string); !passwd.Matches(stored, password) {
			return nil
		}
		if _, err := orm.Read(q.ctx, tx, q.reg.Models["res.partner"], "WHERE id = $1", users[0]["partner_id"]); err != nil {
			return err
		}
		user = users[0]
		return nil
	})
	return user, err
}

func (s *Server) startSession(q *request, user map[string]any) error {
	old := q.session
	q.session = session.New()
	q.session.UID, q.session.Login, q.session.DB = number(user["id"]), user["login"].(string), q.db
	if err := s.sessions.Save(q.ctx, q.session); err != nil {
		return err
	}
	if old != nil {
		s.sessions.Delete(q.ctx, old.SID)
	}
	s.setCookie(q, 7*24*3600)
	odoolog.Info(q.db, "odoo.addons.base.models.res_users", "Login successful for db:%s login:%s", q.db, q.session.Login)
	return nil
}

func (s *Server) setCookie(q *request, age int) {
	http.SetCookie(q.w, &http.Cookie{Name: "session_id", Value: q.session.SID, Path: "/", HttpOnly: true, MaxAge: age, SameSite: http.SameSiteLaxMode})
}

func (s *Server) logout(q *request) error {
	if q.session != nil {
		if err := s.sessions.Delete(q.ctx, q.session.SID); err != nil {
			return err
		}
	}
	http.Redirect(q.w, q.Request, "/odoo", http.StatusSeeOther)
	return nil
}

// loggedIn says whether the session belongs to a user of this tenant.
func (q *request) loggedIn() bool {
	return q.session != nil && q.session.UID != 0 && q.session.DB == q.db
}

// backend is the web client's page: it reads the user, the company, the partner and the views.
func (s *Server) backend(q *request) error {
	if !q.loggedIn() {
		http.Redirect(q.w, q.Request, "/web/login?redirect="+url.QueryEscape(q.URL.RequestURI()), http.StatusSeeOther)
		return nil
	}
	var company, user string
	views := 0
	err := q.tx(func(tx pgx.Tx) error {
		users, err := orm.Read(q.ctx, tx, q.reg.Models["res.users"], "WHERE id = $1", q.session.UID)
		if err != nil || len(users) == 0 {
			return errors.Join(err, pgx.ErrNoRows)
		}
		companies, err := orm.Read(q.ctx, tx, q.reg.Models["res.company"], "WHERE id = $1", users[0]["company_id"])
		if err != nil || len(companies) == 0 {
			return errors.Join(err, pgx.ErrNoRows)
		}
		partners, err := orm.Read(q.ctx, tx, q.reg.Models["res.partner"], "WHERE id = $1", users[0]["partner_id"])
		if err != nil || len(partners) == 0 {
			return errors.Join(err, pgx.ErrNoRows)
		}
		company, user = fmt.Sprint(companies[0]["name"]), fmt.Sprint(partners[0]["name"])
		rows, err := orm.Read(q.ctx, tx, q.reg.Models["ir.ui.view"], "WHERE active")
		views = len(rows)
		return err
	})
	if err != nil {
		return err
	}
	html(q.w, http.StatusOK, fmt.Sprintf(`<!doctype html>
<html><head><title>Odoo</title>%s<script>odoo = {csrf_token: "", __session_info__: {"db": "%s", "uid": %d, "server_version": "%s"}};</script></head>
<body class="o_web_client" data-views="%d">%s, %s</body></html>`, s.assets.links(), q.db, q.session.UID, s.code.Series, views,
		htmlpkg.EscapeString(company), htmlpkg.EscapeString(user)))
	return nil
}

// csrfToken is Odoo's: an HMAC of the session's id and a time, with the database's secret.
func (s *Server) csrfToken(q *request) (string, error) {
	until := strconv.FormatInt(time.Now().Add(365*24*time.Hour).Unix(), 10)
	mac, err := s.csrfMAC(q, until)
	return mac + "o" + until, err
}

func (s *Server) csrfMAC(q *request, until string) (string, error) {
	var secret string
	err := q.tx(func(tx pgx.Tx) error {
		return tx.QueryRow(q.ctx, "SELECT value FROM ir_config_parameter WHERE key = 'database.secret'").Scan(&secret)
	})
	if err != nil {
		return "", err
	}
	h := hmac.New(sha1.New, []byte(secret))
	h.Write([]byte(q.session.SID + until))
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (s *Server) csrfValid(q *request) (bool, error) {
	mac, until, _ := strings.Cut(q.FormValue("csrf_token"), "o")
	n, err := strconv.ParseInt(until, 10, 64)
	if err != nil || n < time.Now().Unix() {
		return false, nil
	}
	want, err := s.csrfMAC(q, until)
	return hmac.Equal([]byte(mac), []byte(want)), err
}
