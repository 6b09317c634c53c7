#pragma once

#include "yaml.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ostler {

/// A value of a map, or the fact that it is not there. Reading an absent field gives the default
/// and says nothing: who needed it has complained already.
struct Field {
  const YamlNode* node = nullptr;
  std::string name;  ///< for messages: "'apiPort'", "item 2 of 'weights'"
  Span span;         ///< of the value; for a collection of its key
  explicit operator bool() const { return node != nullptr; }
};

/// One map of the file, read key by key. Every key that was not asked for is an error.
class MapReader {
 public:
  /// Complains when `field` is there and no map.
  MapReader(const Field& field, Report& report);
  ~MapReader();
  MapReader(const MapReader&) = delete;
  MapReader& operator=(const MapReader&) = delete;

  bool usable() const { return map_ != nullptr; }
  /// Complains at the map's own place when the key is missing.
  Field required(std::string_view key);
  Field optional(std::string_view key);
  /// Known to be a key elsewhere: refused with `hint` rather than as a typing mistake.
  void refuse(std::string_view key, std::string_view hint);
  /// Keys that a later version may know.
  void refuse_future(const std::vector<std::string>& keys);
  /// The keys of a map whose keys are names given by the user, in the order of the file; complains
  /// about each that is no name. Every key counts as asked for.
  std::vector<std::pair<std::string, Field>> named(std::string_view what);
  /// Nothing else will be asked for; an unknown key is not worth a second complaint.
  void ignore_rest() { ignore_rest_ = true; }
  /// A map beside or below which secrets are referred to: the value of an unknown key may be one.
  void distrust_values() { distrusted_ = Distrust::values; }
  /// A map that refers to a secret: an unknown key may be the secret itself.
  void distrust_keys() { distrusted_ = Distrust::keys; }
  const Span& span() const { return span_; }
  const std::string& name() const { return name_; }
  Report& report() { return report_; }

 private:
  Field at(std::size_t index) const;
  void complain_about(const YamlNode& key, const YamlNode& value);

  Report& report_;
  const YamlNode* map_ = nullptr;
  std::string name_;
  Span span_;
  std::vector<std::string> known_;
  std::vector<std::pair<std::string, std::string>> refused_;
  bool ignore_rest_ = false;
  enum class Distrust { nothing, values, keys } distrusted_ = Distrust::nothing;
};

/// The items of a list; complains when `field` is there and no list, or has no item.
std::vector<Field> list_items(const Field& field, Report& report);

/// What stands there, for "found ...": "'abc'", "a list", "a value that is not shown".
std::string found(const YamlNode& node, const Report& report);

}  // namespace ostler
