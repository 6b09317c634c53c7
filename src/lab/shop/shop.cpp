// The shop's program in containers: which image, which role, and the life of its processes.
#include "shop_server.hpp"

#include "ostler/base/text.hpp"
#include "ostler/lab/shop_programs.hpp"

#include <fmt/format.h>

namespace ostler::lab {
namespace {

/// Longer than any lab runs.
constexpr Instant never = std::chrono::hours{24 * 365 * 100};

constexpr const char* paths =
    "/usr/lib/python3/dist-packages/odoo/addons, /mnt/oca-addons, /mnt/extra-addons";

/// Lines of Odoo's log, as the process with pid 1 writes them.
class OdooLog {
 public:
  explicit OdooLog(WallTime start) : start_(start) {}
  void line(Instant after, const char* level, const char* logger, const std::string& text) {
    std::string stamp = format_utc(start_ + std::chrono::duration_cast<Milliseconds>(after));
    // 2026-11-24T09:12:44.102Z becomes 2026-11-24 09:12:44,102.
    stamp.pop_back();
    stamp[10] = ' ';
    stamp[19] = ',';
    text_ += fmt::format("{} 1 {} ? {}: {} \n", stamp, level, logger, text);
  }
  std::string text() && { return std::move(text_); }

 private:
  WallTime start_;
  std::string text_;
};

std::string series_of(const ShopCode& code) {
  const auto base = code.modules.find("base");
  if (base == code.modules.end()) return "18.0";
  const std::vector<std::string> parts = split(base->second, '.');
  return parts.size() < 2 ? "18.0" : parts[0] + "." + parts[1];
}

std::string variable(const RunningPod& pod, const char* name, const char* otherwise) {
  const auto found = pod.environment.find(name);
  return found == pod.environment.end() ? otherwise : found->second;
}

std::string usage(const std::string& error) {
  return "Usage: odoo [options]\n\nodoo: error: " + error + "\n";
}

}  // namespace

struct Shop::Impl {
  World& world;
  ShopImages& images;
  TenantDatabases& databases;
  ShopSessions sessions;
  std::map<std::string, std::unique_ptr<ShopServer>> servers;  ///< by the Pod's uid

  Start crash(int code, std::string log) const {
    Start start;
    start.listens_after = never;
    start.ends_with = code;
    start.ends_after = world.between(Instant{300'000}, Instant{700'000});
    start.log = std::move(log);
    return start;
  }
};

Shop::Shop(World& world, ShopImages& images, TenantDatabases& databases)
    : impl_(new Impl{world, images, databases, ShopSessions(world), {}}) {}

Shop::~Shop() = default;

std::string Shop::pull_trouble(const std::string& image) {
  if (impl_->images.code(image) != nullptr) return "";
  return fmt::format(
      "failed to pull and unpack image \"{0}\": failed to resolve reference \"{0}\": {0}: not "
      "found",
      image);
}

Programs::Start Shop::start(const RunningPod& pod) {
  const ShopCode* code = impl_->images.code(pod.image);
  if (code == nullptr) return impl_->crash(127, "");
  ShopCommandLine line = ShopCommandLine::of(pod.arguments);
  if (!line.error.empty()) return impl_->crash(2, usage(line.error));
  OdooLog log(impl_->world.wall());
  log.line(Instant{0}, "INFO", "odoo", "Odoo version " + series_of(*code));
  log.line(Instant{1000}, "INFO", "odoo", fmt::format("addons paths: {}", paths));
  log.line(Instant{1000}, "INFO", "odoo",
           fmt::format("database: {}@{}:{}", variable(pod, "USER", "odoo"),
                       variable(pod, "HOST", "default"), variable(pod, "PORT", "5432")));
  if (code->crash_at_start) {
    log.line(Instant{250'000}, "CRITICAL", "odoo.modules.module",
             "Couldn't load module sale_omni\nTraceback (most recent call last):\nImportError: "
             "cannot import name 'slots' from 'odoo.addons.sale_omni.models'");
    return impl_->crash(1, std::move(log).text());
  }
  Start start;
  start.listens_after = never;
  if (line.http) {
    start.listens_after = impl_->world.between(Instant{300'000}, Instant{800'000});
    log.line(start.listens_after, "INFO", "odoo.service.server",
             fmt::format("HTTP service (werkzeug) running on {}:{}", pod.name, line.port));
    impl_->servers[pod.uid] = std::make_unique<ShopServer>(
        impl_->world, impl_->databases, impl_->sessions, *code, std::move(line), pod,
        impl_->world.now() + start.listens_after);
  }
  start.log = std::move(log).text();
  return start;
}

void Shop::ended(const RunningPod& pod) {
  impl_->servers.erase(pod.uid);
}

Served Shop::serve(const RunningPod& pod, const HttpRequest& request) {
  const auto server = impl_->servers.find(pod.uid);
  if (server == impl_->servers.end())
    return answer_text(502, "Bad Gateway", "text/plain; charset=utf-8");
  return server->second->serve(request);
}

std::vector<JobPart> Shop::job(const RunningPod& pod) {
  const ShopCode* code = impl_->images.code(pod.image);
  const ShopCommandLine line = ShopCommandLine::of(pod.arguments);
  const auto end_with = [](int exit_code, std::string text) {
    return std::vector<JobPart>{{Instant{300'000}, [exit_code, text](std::string& log) {
                                   log += text;
                                   return std::optional<int>(exit_code);
                                 }}};
  };
  if (code == nullptr) return end_with(127, "");
  if (!line.error.empty()) return end_with(2, usage(line.error));
  if (!line.update) return end_with(0, "");
  return impl_->databases.update(pod, *code);
}

void Shop::job_killed(const RunningPod& pod) {
  impl_->databases.update_killed(pod);
}

bool Shop::visit(const std::string& uid, const SampleVisitor& visitor) const {
  const auto server = impl_->servers.find(uid);
  return server != impl_->servers.end() && server->second->visit(visitor);
}

}  // namespace ostler::lab
