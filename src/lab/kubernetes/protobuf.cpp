// Protobuf bodies (generated.proto of k8s.io/api), read with a table of their fields.
#include "lab/kubernetes/protobuf.hpp"

#include "ostler/base/hash.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace ostler::lab {
namespace {

/// How a field is written down in JSON.
enum class Form { text, number, flag, texts_by_name, bytes_by_name, message };

struct Field {
  const char* name;
  Form form;
  const char* type = "";  ///< of a message
};

using Message = std::map<std::uint64_t, Field>;

const std::map<std::string_view, Message>& messages() {
  static const Field metadata{"metadata", Form::message, "ObjectMeta"};
  static const std::map<std::string_view, Message> known{
      {"ObjectMeta",
       {{1, {"name", Form::text}},
        {2, {"generateName", Form::text}},
        {3, {"namespace", Form::text}},
        {11, {"labels", Form::texts_by_name}},
        {12, {"annotations", Form::texts_by_name}}}},
      {"SelfSubjectReview", {}},
      {"SelfSubjectAccessReview", {{2, {"spec", Form::message, "AccessSpec"}}}},
      {"AccessSpec",
       {{1, {"resourceAttributes", Form::message, "ResourceAttributes"}},
        {2, {"nonResourceAttributes", Form::message, "NonResourceAttributes"}}}},
      {"ResourceAttributes",
       {{1, {"namespace", Form::text}},
        {2, {"verb", Form::text}},
        {3, {"group", Form::text}},
        {4, {"version", Form::text}},
        {5, {"resource", Form::text}},
        {6, {"subresource", Form::text}},
        {7, {"name", Form::text}}}},
      {"NonResourceAttributes", {{1, {"path", Form::text}}, {2, {"verb", Form::text}}}},
      {"SelfSubjectRulesReview", {{2, {"spec", Form::message, "RulesSpec"}}}},
      {"RulesSpec", {{1, {"namespace", Form::text}}}},
      {"Eviction", {{1, metadata}, {2, {"deleteOptions", Form::message, "DeleteOptions"}}}},
      {"DeleteOptions",
       {{1, {"gracePeriodSeconds", Form::number}},
        {2, {"preconditions", Form::message, "Preconditions"}},
        {3, {"orphanDependents", Form::flag}},
        {4, {"propagationPolicy", Form::text}}}},
      {"Preconditions", {{1, {"uid", Form::text}}, {2, {"resourceVersion", Form::text}}}},
      {"ConfigMap",
       {{1, metadata},
        {2, {"data", Form::texts_by_name}},
        {3, {"binaryData", Form::bytes_by_name}},
        {4, {"immutable", Form::flag}}}},
      {"Secret",
       {{1, metadata},
        {2, {"data", Form::bytes_by_name}},
        {3, {"type", Form::text}},
        {4, {"stringData", Form::texts_by_name}},
        {5, {"immutable", Form::flag}}}},
      {"Namespace", {{1, metadata}}},
  };
  return known;
}

/// One field as it comes: its number, and a number or bytes.
struct Raw {
  std::uint64_t field = 0, number = 0;
  std::string_view bytes;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool done() const { return rest_.empty(); }

  std::optional<Raw> next() {
    const auto key = varint();
    if (!key) return std::nullopt;
    Raw raw{*key >> 3, 0, {}};
    switch (*key & 7) {
      case 0: {
        const auto number = varint();
        if (!number) return std::nullopt;
        raw.number = *number;
        return raw;
      }
      case 2: {
        const auto length = varint();
        if (!length || *length > rest_.size()) return std::nullopt;
        raw.bytes = rest_.substr(0, *length);
        rest_.remove_prefix(*length);
        return raw;
      }
      default:
        return std::nullopt;
    }
  }

 private:
  std::optional<std::uint64_t> varint() {
    std::uint64_t number = 0;
    for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return number;
    }
    return std::nullopt;
  }

  std::string_view rest_;
};

/// An entry of a map: key 1, value 2.
bool read_entry(Json& map, std::string_view bytes, Form form) {
  Reader reader(bytes);
  std::string name, value;
  while (!reader.done()) {
    const auto raw = reader.next();
    if (!raw) return false;
    (raw->field == 1 ? name : value) = raw->bytes;
  }
  map[name] = form == Form::bytes_by_name ? to_base64(value) : value;
  return true;
}

std::optional<Json> read_message(std::string_view bytes, std::string_view type) {
  const auto message = messages().find(type);
  if (message == messages().end()) return std::nullopt;
  Json object = Json::object();
  Reader reader(bytes);
  while (!reader.done()) {
    const auto raw = reader.next();
    if (!raw) return std::nullopt;
    const auto field = message->second.find(raw->field);
    if (field == message->second.end()) continue;
    Json& place = object[field->second.name];
    switch (field->second.form) {
      case Form::text:
        place = raw->bytes;
        break;
      case Form::number:
        place = raw->number;
        break;
      case Form::flag:
        place = raw->number != 0;
        break;
      case Form::message: {
        std::optional<Json> inner = read_message(raw->bytes, field->second.type);
        if (!inner) return std::nullopt;
        place = std::move(*inner);
        break;
      }
      default:
        if (!read_entry(place, raw->bytes, field->second.form)) return std::nullopt;
    }
    // An empty text is one that is not there.
    if (place.empty()) object.erase(field->second.name);
  }
  return object;
}

}  // namespace

std::optional<Json> read_protobuf(std::string_view bytes) {
  constexpr std::string_view magic{"k8s\0", 4};
  if (!bytes.starts_with(magic)) return std::nullopt;
  // The envelope: 1 is apiVersion and kind, 2 the object.
  std::string api_version, kind;
  std::string_view inside;
  Reader reader(bytes.substr(magic.size()));
  while (!reader.done()) {
    const auto raw = reader.next();
    if (!raw) return std::nullopt;
    if (raw->field == 2) inside = raw->bytes;
    if (raw->field != 1) continue;
    Reader type(raw->bytes);
    while (!type.done()) {
      const auto part = type.next();
      if (!part) return std::nullopt;
      (part->field == 1 ? api_version : kind) = part->bytes;
    }
  }
  std::optional<Json> object = read_message(inside, kind);
  if (object) {
    (*object)["apiVersion"] = api_version;
    (*object)["kind"] = kind;
  }
  return object;
}

}  // namespace ostler::lab
