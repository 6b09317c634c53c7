// Who is logged in at which tenant, and the tokens that protect forms.
#include "shop_server.hpp"

#include "ostler/base/hash.hpp"

#include <fmt/format.h>

#include <charconv>

namespace ostler::lab {
namespace {

std::string random_text(World& world, int words) {
  std::string text;
  for (int at = 0; at < words; ++at)
    text += fmt::format("{:08x}", world.random(std::uint64_t{1} << 32));
  return text;
}

}  // namespace

ShopSessions::ShopSessions(World& world) : world_(world), secret_(random_text(world, 4)) {}

std::string ShopSessions::new_id() {
  return random_text(world_, 5);
}

void ShopSessions::log_in(const std::string& id, const std::string& tenant,
                          const std::string& login) {
  if (oldest_.size() >= most) {
    logged_in_.erase(oldest_.front());
    oldest_.pop_front();
  }
  logged_in_[id] = {tenant, login};
  oldest_.push_back(id);
}

void ShopSessions::log_out(const std::string& id) {
  logged_in_.erase(id);
}

std::string ShopSessions::login(const std::string& id, const std::string& tenant) const {
  const auto found = logged_in_.find(id);
  return found != logged_in_.end() && found->second.first == tenant ? found->second.second : "";
}

std::string ShopSessions::token(const std::string& id) const {
  const std::int64_t year = 365LL * 24 * 3600;
  const std::string until = std::to_string(
      std::chrono::duration_cast<std::chrono::seconds>(world_.wall().time_since_epoch()).count() +
      year);
  return sha1_hex(secret_ + id + until) + "o" + until;
}

bool ShopSessions::token_fits(const std::string& id, const std::string& token) const {
  const std::size_t cut = token.find('o');
  if (id.empty() || cut == std::string::npos) return false;
  const std::string until = token.substr(cut + 1);
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(until.data(), until.data() + until.size(), seconds);
  if (error != std::errc{} || end != until.data() + until.size() ||
      std::chrono::seconds{seconds} < world_.wall().time_since_epoch())
    return false;
  return sha1_hex(secret_ + id + until) == token.substr(0, cut);
}

}  // namespace ostler::lab
