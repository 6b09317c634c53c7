package web

import (
	"crypto/sha1"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
)

// websocket takes the connection over and then only waits for its end. A stop of the process cuts it, as Odoo does.
func (s *Server) websocket(q *request) error {
	if !strings.EqualFold(q.Header.Get("Upgrade"), "websocket") {
		http.Error(q.w, "Bad Request: expected a websocket", http.StatusBadRequest)
		return nil
	}
	sum := sha1.Sum([]byte(q.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	conn, buf, err := http.NewResponseController(q.w).Hijack()
	if err != nil {
		return err
	}
	defer conn.Close()
	if r, ok := q.w.(*recorder); ok {
		r.status = http.StatusSwitchingProtocols
	}
	buf.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(sum[:]) + "\r\nX-Shop-Version: " + s.code.Settings.Version + "\r\nX-Shop-Pod: " + s.pod + "\r\n\r\n")
	buf.Flush()
	io.Copy(io.Discard, buf)
	return nil
}
