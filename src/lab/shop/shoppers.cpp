// The shop's customers and tills.
#include "ostler/lab/shoppers.hpp"

#include "shopper_book.hpp"

#include "ostler/base/text.hpp"

#include <fmt/format.h>

namespace ostler::lab {
namespace {

/// At high rates several requests go in one act: virtual time need not be finer for anybody.
constexpr Instant batch{10'000};

std::vector<std::string> first_of(const std::vector<std::pair<std::string, std::string>>& fleet) {
  std::vector<std::string> names;
  for (const auto& [name, address] : fleet) names.push_back(name);
  return names;
}

}  // namespace

std::string judged(const std::string& path, const HttpResponse& response) {
  if (response.status != 200) return fmt::format("HTTP {}", response.status);
  if (path == "/web/login") return "";
  const Result<Json> reply = parse_json(response.body, "the answer");
  if (!reply.ok()) return "no JSON: " + reply.failure().message;
  if (const Json& error = value_at(*reply, "/error"); !error.is_null())
    return fmt::format("JSON-RPC error {}: {}", text_at(error, "/data/name"),
                       text_at(error, "/data/message"));
  if (path != "/pos/sync" && text_at(*reply, "/order").empty()) return "no order was acknowledged";
  return "";
}

struct Shoppers::Impl : std::enable_shared_from_this<Impl> {
  Impl(World& world_, Proxies& proxies_, TenantDatabases& databases_, ShopperSettings settings_)
      : world(world_),
        proxies(proxies_),
        databases(databases_),
        settings(std::move(settings_)),
        rate(settings.rate) {
    count_anew();
  }

  World& world;
  Proxies& proxies;
  TenantDatabases& databases;
  const ShopperSettings settings;
  std::optional<ShopperBook> book;
  Upcoming<ShopperAnswer> answers;
  int rate;
  bool running = false;
  std::uint64_t sent = 0;
  std::optional<Instant> beginning;
  Instant end{0};
  Instant anchor{0};              ///< since when the present rate holds ...
  std::uint64_t anchor_sent = 0;  ///< ... and how many were sent before
  World::Ticket ticket = 0;

  void settle() {
    answers.settle(running ? world.now() : Instant::max(),
                   [this](const ShopperAnswer& answer) { book->add(answer); });
  }

  void count_anew() {
    book.emplace(first_of(proxies.fleet()), settings.hosts, databases);
    answers.clear();
    beginning.reset();
    if (running) beginning = world.now();
  }

  void hold_rate(int new_rate) {
    rate = new_rate;
    anchor = world.now();
    anchor_sent = sent;
    world.cancel(ticket);
    if (running) plan();
  }

  void plan() {
    if (rate <= 0 || settings.hosts.empty() || proxies.fleet().empty()) return;
    const auto ahead = static_cast<std::int64_t>(sent - anchor_sent + 1);
    // Rounded up: at that time the request is due.
    const Instant next = anchor + Instant{(ahead * 1'000'000 + rate - 1) / rate};
    const bool dense = Instant{1'000'000 / rate} < batch;
    ticket =
        world.at(dense ? std::max(next, world.now() + batch) : next, [self = weak_from_this()] {
          if (const auto shoppers = self.lock()) shoppers->act();
        });
  }

  void act() {
    ticket = 0;
    if (!running) return;
    const std::int64_t held = (world.now() - anchor).count();
    const auto due = anchor_sent + static_cast<std::uint64_t>(held * rate / 1'000'000);
    while (sent < due) request(sent++);
    // Answers of the past need no act of their own: whoever looks at the count settles it first.
    settle();
    plan();
  }

  void request(std::uint64_t number) {
    const std::size_t fleet = proxies.fleet().size(), hosts = settings.hosts.size();
    ShopperAnswer answer;
    answer.proxy = number % fleet;
    answer.host = number / fleet % hosts;
    HttpRequest request;
    std::optional<OrderId> order;
    fill(request, answer, order, number, number / (fleet * hosts) % 10);
    const Served served = proxies.serve(proxies.fleet()[answer.proxy].first, request);
    answer.took = std::min(served.took, settings.timeout);
    if (served.took > settings.timeout) {
      answer.why = "no answer in time";
    } else {
      answer.status = served.response.status;
      answer.version = served.response.header("x-shop-version");
      answer.pod = served.response.header("x-shop-pod");
      answer.why = judged(answer.path, served.response);
      if (answer.why.empty()) answer.order = order;
    }
    const Instant there = world.now() + answer.took;
    answer.at = world.wall() + std::chrono::duration_cast<Milliseconds>(answer.took);
    answers.add(there, std::move(answer));
  }

  void fill(HttpRequest& request, ShopperAnswer& answer, std::optional<OrderId>& order,
            std::uint64_t number, std::uint64_t kind) {
    answer.path = kind == 3 || kind == 7 ? "/web/login"
                  : kind == 5            ? "/pos/sync"
                                         : "/shop/checkout";
    request.url = answer.path;
    request.headers = {{"Host", settings.hosts[answer.host]}};
    if (kind == 3 || kind == 7) return;
    order = OrderId::drawn(world);
    request.method = "POST";
    request.headers.emplace_back("Content-Type", "application/json");
    if (kind != 5) {
      request.body = fmt::format(
          R"({{"lines":[{{"price":9.9,"product":"Espresso cup","qty":2}}],"order":"{}"}})",
          order->text());
      return;
    }
    std::string when = format_utc(world.wall());
    when[10] = ' ';
    when.resize(19);
    request.body = fmt::format(
        R"({{"id":{},"jsonrpc":"2.0","method":"call","params":{{"orders":[{{"amount_total":12.5,)"
        R"("date_order":"{}","uuid":"{}"}}]}}}})",
        number, when, order->text());
  }
};

Shoppers::Shoppers(World& world, Proxies& proxies, TenantDatabases& databases,
                   ShopperSettings settings)
    : impl_(std::make_shared<Impl>(world, proxies, databases, std::move(settings))) {}

Shoppers::~Shoppers() = default;

void Shoppers::start() {
  if (impl_->running) return;
  impl_->running = true;
  if (!impl_->beginning) impl_->beginning = impl_->world.now();
  impl_->hold_rate(impl_->rate);
}

void Shoppers::stop() {
  if (!impl_->running) return;
  impl_->running = false;
  impl_->end = impl_->world.now();
  impl_->world.cancel(impl_->ticket);
  impl_->ticket = 0;
}

bool Shoppers::running() const {
  return impl_->running;
}

void Shoppers::count_anew() {
  impl_->count_anew();
}

int Shoppers::rate() const {
  return impl_->rate;
}

void Shoppers::set_rate(int rate) {
  impl_->hold_rate(rate);
}

const Shoppers::Span& Shoppers::total() const {
  impl_->settle();
  return impl_->book->total;
}

const std::map<std::string, Shoppers::Span>& Shoppers::by_version() const {
  impl_->settle();
  return impl_->book->by_version;
}

const std::map<std::string, std::map<std::string, Shoppers::Span>>& Shoppers::by_proxy() const {
  impl_->settle();
  return impl_->book->by_proxy;
}

const std::deque<Shoppers::Failed>& Shoppers::failures() const {
  impl_->settle();
  return impl_->book->failures;
}

std::uint64_t Shoppers::acknowledged() const {
  impl_->settle();
  return impl_->book->acknowledged;
}

Json Shoppers::summary(const Shown& shown) {
  impl_->settle();
  std::vector<std::string> urls;
  for (const auto& [name, address] : impl_->proxies.fleet())
    urls.push_back("http://" + address + ":8000");
  const Instant end = impl_->running ? impl_->world.now() : impl_->end;
  const Instant seconds = impl_->beginning ? end - *impl_->beginning : Instant{0};
  return impl_->book->summary(urls, static_cast<double>(seconds.count()) / 1e6, shown);
}

}  // namespace ostler::lab
