// The shop's pages: health, login, the web client, assets.
#include "shop_server.hpp"

#include "ostler/base/text.hpp"

#include <fmt/format.h>

namespace ostler::lab {
namespace {

/// Every tenant has these users, each with its name as password.
bool known_user(const std::string& login, const std::string& password) {
  return (login == "admin" || login == "robot") && password == login;
}

std::string html_escaped(std::string text) {
  text = replace_all(std::move(text), "&", "&amp;");
  text = replace_all(std::move(text), "<", "&lt;");
  return replace_all(replace_all(std::move(text), ">", "&gt;"), "\"", "&#34;");
}

/// The form or the query of a request, whichever has the field.
std::string field(const HttpRequest& request, const Target& target, const std::string& name) {
  const Target form = target_of("/?" + request.body);
  return form.has(name) ? form.value(name) : target.value(name);
}

std::string session_cookie(const std::string& id, int age) {
  return fmt::format("session_id={}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax", id, age);
}

}  // namespace

Served html(int status, const std::string& text) {
  return answer_text(status, text + "\n", "text/html; charset=utf-8");
}

Served redirect(const std::string& location) {
  Served served = html(303, fmt::format("<a href=\"{}\">See Other</a>.\n", html_escaped(location)));
  served.response.headers.emplace_back("location", location);
  return served;
}

/// Opens no tenant. Asked for it, it looks whether the database server is there.
Served ShopServer::health(const Question& question) {
  Json answer{{"status", "pass"}};
  int status = 200;
  if (!question.target.value("db_server_status").empty()) {
    const Result<std::int64_t> asked = databases_.registry_counter("postgres");
    const bool there = asked.ok() || !unreachable(asked.failure());
    answer["db_server_status"] = there;
    if (!there) {
      answer["status"] = "fail";
      status = 500;
    }
  }
  Served served = answer_text(status, to_bytes(answer) + "\n", "application/json; charset=utf-8");
  served.response.headers.emplace_back("cache-control", "no-store");
  return served;
}

Served ShopServer::login(const Question& question) {
  const bool is_new = question.session.empty();
  const std::string session = is_new ? sessions_.new_id() : question.session;
  Served served;
  if (question.request.method != "POST") {
    served = login_page(question, session, "");
  } else if (!sessions_.token_fits(session,
                                   field(question.request, question.target, "csrf_token"))) {
    served = html(400,
                  "<!doctype html><title>400 Bad Request</title><h1>Bad Request</h1><p>Session "
                  "expired (invalid CSRF token)</p>");
  } else {
    const std::string login = field(question.request, question.target, "login");
    if (!known_user(login, field(question.request, question.target, "password")))
      return login_page(question, session, "Wrong login/password");
    std::string to = field(question.request, question.target, "redirect");
    if (!starts_with(to, "/") || starts_with(to, "//")) to = "/odoo";
    const std::string own = sessions_.new_id();
    sessions_.log_out(session);
    sessions_.log_in(own, question.tenant, login);
    served = redirect(to);
    served.response.headers.emplace_back("set-cookie", session_cookie(own, 7 * 24 * 3600));
    return served;
  }
  if (is_new) served.response.headers.emplace_back("set-cookie", session_cookie(session, 3 * 3600));
  return served;
}

Served ShopServer::login_page(const Question& question, const std::string& session,
                              const std::string& problem) {
  return html(
      200,
      fmt::format(
          "<!doctype html>\n<html><head><title>Odoo</title><link type=\"text/css\" "
          "rel=\"stylesheet\" href=\"/web/assets/{0}/web.assets_web.min.css\"/><script "
          "type=\"text/javascript\" src=\"/web/assets/{0}/web.assets_web.min.js\"></script></head>"
          "<body>\n<form class=\"oe_login_form\" role=\"form\" method=\"post\" "
          "action=\"/web/login\">\n<input type=\"hidden\" name=\"csrf_token\" value=\"{1}\"/>\n"
          "<input type=\"text\" name=\"login\"/><input type=\"password\" name=\"password\"/>\n"
          "<input type=\"hidden\" name=\"redirect\" value=\"{2}\"/><p class=\"alert\">{3}</p>"
          "<button type=\"submit\">Log in</button>\n</form></body></html>",
          assets_, sessions_.token(session), html_escaped(question.target.value("redirect")),
          problem));
}

Served ShopServer::logout(const Question& question) {
  sessions_.log_out(question.session);
  return redirect("/odoo");
}

Served ShopServer::backend(const Question& question) {
  const std::string login = sessions_.login(question.session, question.tenant);
  if (login.empty()) return redirect("/web/login?redirect=" + url_encoded(question.target.path));
  return html(200, fmt::format("<!doctype html>\n<html><head><title>Odoo</title></head>\n<body "
                               "class=\"o_web_client\">{}, {}</body></html>",
                               question.tenant, login == "admin" ? "Administrator" : login));
}

Served ShopServer::root(const Question&) {
  return redirect("/odoo");
}

Served ShopServer::selector(const Question&) {
  return html(200,
              "<!doctype html><title>Odoo</title><p>The database manager has been disabled by the "
              "administrator.</p>");
}

Served ShopServer::missing(const Question&) {
  return html(404, "<!doctype html><title>404 Not Found</title><h1>Not Found</h1>");
}

/// Nobody keeps a connection open here: whoever asks for one is told that this was no handshake.
Served ShopServer::websocket(const Question&) {
  return answer_text(400, "Bad Request: expected a websocket\n", "text/plain; charset=utf-8");
}

/// The bundle of this version; whoever asks for another's is sent here.
Served ShopServer::asset(const Question& question) {
  const std::vector<std::string> parts = question.target.parts();
  if (parts.size() != 4 || !starts_with(parts[3], "web.assets_web.min.")) return missing(question);
  const bool style = ends_with(parts[3], ".css");
  if (!style && !ends_with(parts[3], ".js")) return missing(question);
  if (parts[2] != assets_) return redirect(fmt::format("/web/assets/{}/{}", assets_, parts[3]));
  Served served = answer_text(200, fmt::format("/* {} */\n", assets_),
                              style ? "text/css" : "application/javascript");
  served.response.headers.emplace_back("cache-control", "public, max-age=31536000, immutable");
  return served;
}

}  // namespace ostler::lab
