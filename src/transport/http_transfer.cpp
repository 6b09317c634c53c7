// One libcurl transfer: the options that every request gets, what is taken from the answer, how an
// end is classified.
#include "transport/http_transfer.hpp"

#include "transport/aws_signature.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>

#include <cstdlib>
#include <cstring>

namespace ostler {
namespace {

constexpr std::size_t max_header_bytes = 128u << 10;
constexpr std::size_t max_header_count = 256;
/// The text of a refusal is for people: what is longer is cut, not an error.
constexpr std::size_t max_error_body = 64u << 10;

template <typename Value>
void set(CURL* easy, CURLoption option, Value value) {
  curl_easy_setopt(easy, option, value);
}

void set_blob(CURL* easy, CURLoption option, std::string_view bytes) {
  // Not copied by libcurl: the request outlives the transfer, and a key must not lie around twice.
  curl_blob blob{const_cast<char*>(bytes.data()), bytes.size(), CURL_BLOB_NOCOPY};
  curl_easy_setopt(easy, option, &blob);
}

bool is_token(std::string_view text) {
  return !text.empty() && text.find_first_not_of(
                              "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos;
}

bool has_line_break(std::string_view text) {
  return text.find_first_of(std::string_view{"\r\n\0", 3}) != std::string::npos;
}

enum class Reach { local, anywhere, never };

Reach reach_of_v4(std::uint32_t address) {
  const auto in = [&](std::uint32_t network, int bits) {
    return (address >> (32 - bits)) == (network >> (32 - bits));
  };
  if (in(0xa9fe0000, 16)) return Reach::never;  // link-local, where clouds keep their credentials
  if (in(0x7f000000, 8) || in(0x0a000000, 8) || in(0xac100000, 12) || in(0xc0a80000, 16) ||
      in(0x64400000, 10))
    return Reach::local;
  return Reach::anywhere;
}

Reach reach_of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return reach_of_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family != AF_INET6) return Reach::never;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    std::uint32_t inner = 0;
    std::memcpy(&inner, &v6.sin6_addr.s6_addr[12], sizeof inner);
    return reach_of_v4(ntohl(inner));
  }
  if (IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr)) return Reach::never;
  const bool unique_local = (v6.sin6_addr.s6_addr[0] & 0xfe) == 0xfc;
  return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) || unique_local ? Reach::local : Reach::anywhere;
}

std::string text_of(const sockaddr& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
  } else if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
  }
  return text;
}

}  // namespace

Transfer::Transfer(const HttpRequest& request, Plan plan)
    : easy_(curl_easy_init()),
      plan_(std::move(plan)),
      changes_something_(request.method != "GET" && request.method != "HEAD"),
      max_body_(request.max_body) {
  prepare(request);
}

Transfer::~Transfer() {
  curl_easy_cleanup(easy_);
  for (curl_slist* line = headers_; line != nullptr; line = line->next)
    explicit_bzero(line->data, std::strlen(line->data));
  curl_slist_free_all(headers_);
  curl_slist_free_all(connect_to_);
}

void Transfer::prepare(const HttpRequest& request) {
  Result<HttpUrl> parsed = parse_http_url(request.url);
  if (!parsed.ok()) {
    trouble_ = parsed.failure();
    return;
  }
  HttpUrl url = std::move(*parsed);
  text_ = sanitize(request.method) + " " + url.text();
  scheme_ = url.scheme;
  if (easy_ == nullptr) {
    trouble_ = failure(FailureKind::permanent, "libcurl could not be started");
    return;
  }
  if (!is_token(request.method)) {
    trouble_ = failure(FailureKind::permanent, "the method is not one");
    return;
  }
  if (request.aws) url.query = canonical_query(url.query);
  set_safety(request);
  add_headers(request, url);
  set_trust(request, url);
  set(easy_, CURLOPT_URL, url.full().c_str());
  set_body(request);
}

void Transfer::set_safety(const HttpRequest& request) {
  set(easy_, CURLOPT_ERRORBUFFER, static_cast<char*>(error_));
  set(easy_, CURLOPT_NOSIGNAL, 1L);
  set(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy_, CURLOPT_REDIR_PROTOCOLS_STR, "https");
  set(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  set(easy_, CURLOPT_AUTOREFERER, 0L);
  set(easy_, CURLOPT_UNRESTRICTED_AUTH, 0L);
  set(easy_, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(easy_, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  set(easy_, CURLOPT_PATH_AS_IS, 1L);
  set(easy_, CURLOPT_PROXY, "");
  set(easy_, CURLOPT_NOPROXY, "*");
  set(easy_, CURLOPT_HTTP09_ALLOWED, 0L);
  // HTTP/2 would bring retries of its own (refused streams) into requests that must be sent once.
  set(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  // A reused connection that turns out dead makes libcurl send again by itself: fine for a look,
  // never for an effect.
  set(easy_, CURLOPT_FRESH_CONNECT, changes_something_ ? 1L : 0L);
  set(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
  set(easy_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(easy_, CURLOPT_SSL_VERIFYPEER, 1L);
  set(easy_, CURLOPT_SSL_VERIFYHOST, 2L);
  set(easy_, CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_socket);
  set(easy_, CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  set(easy_, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(easy_, CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(easy_, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(easy_, CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(easy_, CURLOPT_PRIVATE, static_cast<void*>(this));
  set(easy_, CURLOPT_USERAGENT, "ostler/" OSTLER_VERSION);
  set(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  const bool streams = plan_.sink || plan_.supply;
  const Milliseconds still = streams ? plan_.standstill : request.timeout;
  // Whole seconds, rounded up; a streamed body may take as long as it moves.
  set(easy_, CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(easy_, CURLOPT_LOW_SPEED_TIME, static_cast<long>((still.count() + 999) / 1000));
  if (!streams) {
    set(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    // The length that a HEAD announces is not coming.
    if (request.method != "HEAD")
      set(easy_, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(request.max_body));
  } else {
    set(easy_, CURLOPT_BUFFERSIZE, 512L << 10);
    set(easy_, CURLOPT_UPLOAD_BUFFERSIZE, 2L << 20);
  }
}

void Transfer::set_trust(const HttpRequest& request, HttpUrl& url) {
  const TlsSettings& tls = request.tls;
  if (!tls.ca_pem.empty()) {
    set_blob(easy_, CURLOPT_CAINFO_BLOB, tls.ca_pem);
    // Debian's libcurl would go on trusting the system's folder of authorities beside the blob.
    set(easy_, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  if (!tls.certificate_pem.empty()) {
    set(easy_, CURLOPT_SSLCERTTYPE, "PEM");
    set_blob(easy_, CURLOPT_SSLCERT_BLOB, tls.certificate_pem);
    set(easy_, CURLOPT_SSLKEYTYPE, "PEM");
    if (tls.private_key_pem) set_blob(easy_, CURLOPT_SSLKEY_BLOB, tls.private_key_pem->reveal());
  }
  if (tls.server_name.empty() || tls.server_name == url.host) return;
  // libcurl verifies the name in the URL, so the other name goes there and the connection to where
  // it was.
  const std::string line =
      fmt::format("{}:{}:{}:{}", tls.server_name, url.port, url.host, url.port);
  connect_to_ = curl_slist_append(nullptr, line.c_str());
  set(easy_, CURLOPT_CONNECT_TO, connect_to_);
  url.host = tls.server_name;
}

void Transfer::set_body(const HttpRequest& request) {
  if (plan_.supply) {
    set(easy_, CURLOPT_UPLOAD, 1L);
    set(easy_, CURLOPT_READFUNCTION, &Transfer::on_read);
    set(easy_, CURLOPT_READDATA, static_cast<void*>(this));
    set(easy_, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(plan_.supply_length));
    set(easy_, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    return;
  }
  if (request.method == "HEAD") {
    set(easy_, CURLOPT_NOBODY, 1L);
    return;
  }
  const bool needs_length =
      request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (!request.body.empty() || needs_length) {
    set(easy_, CURLOPT_POST, 1L);
    set(easy_, CURLOPT_POSTFIELDS, request.body.data());
    set(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  } else {
    set(easy_, CURLOPT_HTTPGET, 1L);
  }
  set(easy_, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void Transfer::add_header(std::string line) {
  headers_ = curl_slist_append(headers_, line.c_str());
  wipe(line);
}

void Transfer::add_headers(const HttpRequest& request, const HttpUrl& url) {
  // libcurl would add these by itself: a media type nobody chose, and a wait of a second before an
  // upload.
  bool has_type = false;
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name) || has_line_break(value)) {
      trouble_ =
          failure(FailureKind::permanent,
                  fmt::format("the header '{}' holds a line break or is not one", sanitize(name)));
      return;
    }
    has_type = has_type || strcasecmp(name.c_str(), "content-type") == 0;
    // "name;" is how libcurl is told to send a header without a value.
    add_header(value.empty() ? name + ";" : name + ": " + value);
  }
  if (!has_type) add_header("Content-Type:");
  add_header("Expect:");
  if (!request.tls.server_name.empty()) add_header("Host: " + url.authority());
  if (request.bearer) {
    const std::string_view token = request.bearer->reveal();
    if (has_line_break(token)) {
      trouble_ = failure(FailureKind::permanent, "the token holds a line break");
      return;
    }
    std::string line;
    line.reserve(token.size() + 32);
    line.append("Authorization: Bearer ").append(token);
    add_header(std::move(line));
  } else if (!request.basic_user.empty() || request.basic_password) {
    std::string pair;
    const std::string_view word =
        request.basic_password ? request.basic_password->reveal() : std::string_view{};
    pair.reserve(request.basic_user.size() + word.size() + 1);
    pair.append(request.basic_user).append(":").append(word);
    std::string coded = to_base64(pair);
    std::string line;
    line.reserve(coded.size() + 32);
    line.append("Authorization: Basic ").append(coded);
    add_header(std::move(line));
    wipe(pair);
    wipe(coded);
  }
  if (request.aws) {
    const std::string hash = plan_.supply ? "UNSIGNED-PAYLOAD" : sha256_hex(request.body);
    const auto now = std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
    for (const auto& [name, value] :
         aws_signature_headers(*request.aws, request.method, url, request.headers, hash, now))
      add_header(name + ": " + value);
  }
  set(easy_, CURLOPT_HTTPHEADER, headers_);
}

bool Transfer::started() const {
  long bytes = 0;
  curl_easy_getinfo(easy_, CURLINFO_REQUEST_SIZE, &bytes);
  return bytes > 0;
}

std::optional<std::uint64_t> Transfer::announced_length() const {
  const std::string_view text = response_.header("content-length");
  if (text.empty() || text.size() > 18 || text.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  return std::stoull(std::string{text});
}

Failure Transfer::failure(FailureKind kind, std::string_view why, std::string_view hint) const {
  return {kind, fmt::format("{}: {}", text_, why), std::string{hint}, ""};
}

Failure Transfer::cancelled() const {
  return failure(FailureKind::cancelled, "cancelled before the answer was complete");
}

Failure Transfer::failure_of(CURLcode code) const {
  const std::string why = sanitize(error_[0] != '\0' ? error_ : curl_easy_strerror(code));
  // Of an effect, an answer that could not be read leaves open whether it happened.
  const FailureKind unread = changes_something_ ? FailureKind::unknown : FailureKind::permanent;
  if (limit_) return failure(unread, "the answer " + *limit_);
  if (!refused_address_.empty())
    return failure(FailureKind::permanent, refused_address_,
                   "Use https, or an address of the loopback or private ranges.");
  if (stopped_) return failure(FailureKind::cancelled, "the transfer was ended by its receiver");
  // Once a byte has left, libcurl's opinion of the answer ("unsupported protocol") says nothing
  // about the request.
  if (started() && code != CURLE_OPERATION_TIMEDOUT && code != CURLE_FILESIZE_EXCEEDED)
    return failure(FailureKind::unknown, "no complete answer: " + why);
  switch (code) {
    case CURLE_FILESIZE_EXCEEDED:
      return failure(unread, fmt::format("the answer is longer than {}", format_bytes(max_body_)));
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_NOT_BUILT_IN:
      return failure(FailureKind::permanent, why);
    case CURLE_PEER_FAILED_VERIFICATION:
      return failure(FailureKind::permanent, "the server's certificate is not trusted: " + why,
                     "Name the authority that signed it as 'ca', or correct the host name.");
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_CIPHER:
      return failure(FailureKind::permanent, "the certificates to use are not usable: " + why);
    case CURLE_OPERATION_TIMEDOUT:
      return started() ? failure(FailureKind::timeout, "no complete answer in time: " + why)
                       : failure(FailureKind::transient, "could not connect in time: " + why);
    default:
      return failure(FailureKind::transient, "could not connect: " + why);
  }
}

Result<HttpResponse> Transfer::finish(CURLcode code) {
  if (code != CURLE_OK) return failure_of(code);
  return std::move(response_);
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count,
                                void* self) noexcept {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::string_view line{data, size * count};
  transfer.header_bytes_ += line.size();
  if (transfer.header_bytes_ > max_header_bytes ||
      transfer.response_.headers.size() >= max_header_count) {
    transfer.limit_ = "has too many headers";
    return 0;
  }
  if (starts_with(line, "HTTP/")) {
    // A new status line: what came before was an interim answer (1xx).
    transfer.response_.headers.clear();
    const auto space = line.find(' ');
    transfer.response_.status =
        space == std::string::npos ? 0 : std::atoi(std::string{line.substr(space + 1, 3)}.c_str());
    return line.size();
  }
  const auto colon = line.find(':');
  if (colon == std::string::npos) return line.size();
  std::string name = trim(line.substr(0, colon));
  for (char& letter : name)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  transfer.response_.headers.emplace_back(std::move(name), trim(line.substr(colon + 1)));
  return line.size();
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count,
                              void* self) noexcept {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::string_view piece{data, size * count};
  const bool good = transfer.response_.status / 100 == 2;
  if (good && transfer.plan_.sink) {
    switch (transfer.plan_.sink(piece)) {
      case Intake::taken:
        return piece.size();
      case Intake::pause:
        return CURL_WRITEFUNC_PAUSE;
      case Intake::stop:
        transfer.stopped_ = true;
        return 0;
    }
  }
  transfer.body_bytes_ += piece.size();
  if (transfer.body_bytes_ > transfer.max_body_) {
    transfer.limit_ = fmt::format("is longer than {}", format_bytes(transfer.max_body_));
    return 0;
  }
  std::string& body = transfer.response_.body;
  const std::size_t room =
      good ? piece.size() : max_error_body - std::min(body.size(), max_error_body);
  body.append(piece.substr(0, room));
  return piece.size();
}

std::size_t Transfer::on_read(char* data, std::size_t size, std::size_t count,
                              void* self) noexcept {
  return static_cast<Transfer*>(self)->plan_.supply(data, size * count);
}

curl_socket_t Transfer::on_socket(void* self, curlsocktype, curl_sockaddr* address) noexcept {
  auto& transfer = *static_cast<Transfer*>(self);
  // Looked at here, after name resolution: a name may point anywhere.
  const Reach reach = reach_of(address->addr);
  if (reach == Reach::never)
    transfer.refused_address_ =
        fmt::format("link-local address {} is never connected to", text_of(address->addr));
  else if (reach == Reach::anywhere && transfer.scheme_ == "http")
    transfer.refused_address_ =
        fmt::format("{} is a public address and the URL is not https", text_of(address->addr));
  else {
    transfer.refused_address_.clear();
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  }
  return CURL_SOCKET_BAD;
}

}  // namespace ostler
