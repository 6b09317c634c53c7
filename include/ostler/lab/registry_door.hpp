#pragma once

#include "ostler/base/json.hpp"
#include "ostler/lab/door.hpp"
#include "ostler/lab/images.hpp"
#include "ostler/lab/shop.hpp"
#include "ostler/lab/world.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ostler::lab {

/// How one registry of the lab is set up; times are virtual.
struct RegistryDoorSettings {
  std::string authority = "127.0.0.1:5000";  ///< as it stands in image references
  std::string scheme = "http";               ///< as it stands in the addresses that it gives out
  /// open: everyone may do everything. basic: user and password for everything. token: everyone may
  /// pull, and the user may push, with tokens from `realm`.
  enum class Login { open, basic, token };
  Login login = Login::open;
  std::string user, password;
  std::string service = "production";  ///< as its tokens are asked for
  std::string realm;                   ///< empty: /token at this authority
  Instant token_lifetime{300'000'000};
  Instant latency{1'000};
  std::int64_t bytes_per_microsecond = 100;
};

/// A container registry: the distribution API, version 2, as CNCF Distribution 3.1 answers it, and
/// its token server at `/token`. Referrers it does not know, like that one.
class RegistryDoor final : public Door {
 public:
  RegistryDoor(World& world, RegistryDoorSettings settings);
  ~RegistryDoor() override;
  RegistryDoor(const RegistryDoor&) = delete;
  RegistryDoor& operator=(const RegistryDoor&) = delete;

  Served answer(const HttpRequest& request) override;

  const std::string& authority() const;
  /// Puts an image there under its tag; its bytes are shared.
  void hold(const std::string& repository, const ShopImage& image);
  /// The layers of an image that can be pulled whole, lowest first, of an index those of its image
  /// for linux/amd64; none when something is not there. `reference` is a tag or a digest.
  std::vector<std::string> layers(const std::string& repository,
                                  const std::string& reference) const;

  /// What can be pulled, by repository: {"tags": {TAG: DIGEST}, "manifests": [DIGEST]}.
  Json contents() const;

  // Scenarios.

  /// Of all requests in each `window`, those after the first `count` are answered with 429; 0:
  /// none.
  void throttle(int count, Instant window);
  /// The blob's bytes are gone, until it is pushed again.
  void lose_blob(const std::string& digest);
  /// A tag that exists cannot be written again.
  void keep_tags(bool immutable);
  /// It answers 503 to everything.
  void fail(bool failing);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The shop's code by what can be pulled from these registries at the moment.
class RegistryImages final : public ShopImages {
 public:
  /// The registry must outlive this.
  void add(const RegistryDoor& registry);
  /// Makes an image known that is none of `shop_images()`.
  void know(const ShopImage& image);
  const ShopCode* code(std::string_view reference) const override;

 private:
  std::vector<const RegistryDoor*> registries_;
  std::map<std::string, ShopCode, std::less<>> known_;  ///< by the digest of the topmost layer
};

}  // namespace ostler::lab
