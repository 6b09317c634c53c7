// The journal's lines: encoding, and reading with the one rule that tells a torn tail from damage.
#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"
#include "ostler/engine/journal.hpp"

#include <charconv>

namespace ostler {
namespace {

constexpr int format_version = 1;
constexpr std::size_t longest_line = 16u << 20;
constexpr std::string_view hash_member = R"(,"sha":")";
constexpr std::size_t hash_tail = 8 + 64 + 2;        // ,"sha":"<64 hex>"}
constexpr std::size_t previous_member = 9 + 64 + 1;  // ,"prev":"<64 hex>"

/// Whether JSON writes these bytes as they stand.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char byte) {
    return byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\';
  });
}

std::string json_quoted(std::string_view text) {
  return is_plain(text) ? fmt::format("\"{}\"", text) : to_bytes(Json(std::string(text)));
}

/// A line that is whole by itself: its hash fits its bytes. The chain is another question.
struct Line {
  Record record;
  std::string previous, hash, run;
  int version = 0;
};

/// Takes a line apart in the order in which encode_record() puts it together. Most bytes of a
/// journal are the same few members over and over; only bodies need a parser.
class Members {
 public:
  explicit Members(std::string_view line) : rest_(line) {}

  template <typename Number>
  bool take(std::string_view name, Number& value) {
    if (!pass(name)) return false;
    const char* const last = rest_.data() + rest_.size();
    const auto [end, error] = std::from_chars(rest_.data(), last, value);
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return error == std::errc();
  }
  bool take(std::string_view name, std::string& value) {
    if (!pass(name) || !starts_with(rest_, "\"")) return false;
    std::size_t end = 1;
    for (; end < rest_.size() && rest_[end] != '"'; ++end)
      if (rest_[end] == '\\') ++end;
    if (end >= rest_.size()) return false;
    const std::string_view quoted = rest_.substr(0, end + 1);
    rest_.remove_prefix(quoted.size());
    value = quoted.substr(1, end - 1);
    if (value.find('\\') == std::string::npos) return true;
    const Result<Json> parsed = parse_json(quoted, "journal");
    if (parsed) value = parsed->get<std::string>();
    return parsed.ok();
  }
  /// The value ends where the last `behind` bytes begin.
  bool take(std::string_view name, Json& value, std::size_t behind) {
    if (!pass(name) || rest_.size() < behind) return false;
    const std::string_view text = rest_.substr(0, rest_.size() - behind);
    Result<Json> parsed = parse_json(text, "journal", {longest_line, 64});
    if (!parsed) return false;
    value = std::move(*parsed);
    rest_.remove_prefix(text.size());
    return true;
  }
  bool ended() const { return rest_.empty(); }

 private:
  bool skip(std::string_view written) {
    if (!starts_with(rest_, written)) return false;
    rest_.remove_prefix(written.size());
    return true;
  }
  bool pass(std::string_view name) {
    return skip(std::exchange(before_, ",\"")) && skip(name) && skip("\":");
  }

  std::string_view rest_, before_ = "{\"";
};

std::optional<Line> read_line(std::string_view line) {
  if (line.size() < hash_tail || line.size() > longest_line) return std::nullopt;
  const std::string_view tail = line.substr(line.size() - hash_tail);
  if (!starts_with(tail, hash_member) || !ends_with(tail, "\"}")) return std::nullopt;
  line.remove_suffix(hash_tail);
  Line result;
  result.hash = tail.substr(hash_member.size(), 64);
  if (sha256_hex(line) != result.hash) return std::nullopt;
  Members members(line);
  if (!members.take("v", result.version)) return std::nullopt;
  if (result.version > format_version) return result;  // its other members may be others
  Record& record = result.record;
  std::string boot, mono;
  const bool whole = members.take("run", result.run) && members.take("seq", record.seq) &&
                     members.take("g", record.group) && members.take("of", record.of) &&
                     members.take("epoch", record.epoch) && members.take("opno", record.opno) &&
                     members.take("boot", boot) && members.take("mono", mono) &&
                     members.take("wall", record.wall) && members.take("actor", record.actor) &&
                     members.take("kind", record.kind) &&
                     members.take("body", record.body, previous_member) &&
                     members.take("prev", result.previous) && members.ended();
  if (!whole) return std::nullopt;
  return result;
}

Failure damaged(std::uint64_t seq, std::string_view why) {
  return {FailureKind::permanent, fmt::format("journal: record {} is damaged: {}", seq, why),
          "Keep a copy of the file; nothing is changed from a damaged journal. `ostler status` "
          "tells what the targets show.",
          "damaged"};
}

/// Whether a whole line of a later group stands somewhere behind the damage: then something that
/// was durable once is broken, and this is no torn tail. Lines are looked for by their beginning,
/// since a line feed may be what broke.
bool later_group_behind(std::string_view rest, std::uint64_t next_seq, std::uint64_t last_group) {
  constexpr std::string_view beginning = "{\"v\":";
  for (std::size_t at = rest.find(beginning); at != std::string_view::npos;
       at = rest.find(beginning, at + 1)) {
    const auto line = read_line(rest.substr(at, rest.find('\n', at) - at));
    if (!line) continue;
    const bool newer = line->version > format_version;
    if (newer || (line->record.group != last_group && line->record.group != next_seq)) return true;
  }
  return false;
}

}  // namespace

std::string encode_record(const Record& record, std::string_view run, const BootTime& boot,
                          std::string_view boot_id, std::string_view previous, std::string* hash) {
  std::string line = fmt::format(
      R"({{"v":{},"run":{},"seq":{},"g":{},"of":{},"epoch":{},"opno":{},"boot":{},"mono":"{}","wall":{},"actor":{},"kind":{},"body":{},"prev":"{}")",
      format_version, json_quoted(run), record.seq, record.group, record.of, record.epoch,
      record.opno, json_quoted(boot_id), boot.count(), json_quoted(record.wall),
      json_quoted(record.actor), json_quoted(record.kind), to_bytes(record.body), previous);
  const std::string digest = sha256_hex(line);
  line += fmt::format(R"(,"sha":"{}"}})", digest);
  line += '\n';
  if (hash != nullptr) *hash = digest;
  return line;
}

namespace {

bool ends_group(const Record& record) {
  return record.seq + 1 == record.group + record.of;
}

// A group that lost a record was never promised to anyone: what is left of it is dropped, too, or
// the way back could be there without the turn that belongs to it.
void drop_broken_group(JournalReading& reading, std::size_t length, std::size_t whole_bytes,
                       const std::string& whole_hash) {
  if (reading.damage || reading.records.empty() || ends_group(reading.records.back())) return;
  reading.records.resize(reading.records.back().group);
  reading.valid_bytes = whole_bytes;
  reading.last_hash = whole_hash;
  reading.torn_bytes = length - whole_bytes;
}

}  // namespace

JournalReading read_journal(std::string_view bytes, std::string_view run) {
  JournalReading reading;
  reading.last_hash = std::string(64, '0');
  std::size_t whole_bytes = 0;  // up to the end of the last whole group
  std::string whole_hash = reading.last_hash;
  while (reading.valid_bytes < bytes.size()) {
    const std::string_view rest = bytes.substr(reading.valid_bytes);
    const std::uint64_t next_seq = reading.records.size();
    const std::size_t end = rest.find('\n');
    auto line = end == std::string_view::npos ? std::nullopt : read_line(rest.substr(0, end));
    if (!line) {
      const std::uint64_t last_group = reading.records.empty() ? 0 : reading.records.back().group;
      if (later_group_behind(rest, next_seq, last_group))
        reading.damage = damaged(next_seq, "later records stand behind it");
      else
        reading.torn_bytes = rest.size();
      break;
    }
    if (line->version > format_version) {
      reading.damage = Failure{FailureKind::permanent,
                               fmt::format("journal: format {} is newer than this ostler's {}",
                                           line->version, format_version),
                               "Use the ostler that wrote it.", "newer"};
      return reading;
    }
    const bool begins = line->record.group == next_seq;
    const bool goes_on = next_seq > 0 && line->record.group == reading.records.back().group &&
                         line->record.of == reading.records.back().of &&
                         !ends_group(reading.records.back());
    const bool fits = begins ? next_seq == 0 || ends_group(reading.records.back()) : goes_on;
    if (line->record.seq != next_seq || line->previous != reading.last_hash || !fits) {
      reading.damage = damaged(next_seq, "the chain is broken");
      return reading;
    }
    if (!run.empty() && line->run != run) {
      reading.damage =
          damaged(next_seq, fmt::format("it belongs to run '{}'", sanitize(line->run)));
      return reading;
    }
    reading.records.push_back(std::move(line->record));
    reading.last_hash = std::move(line->hash);
    reading.valid_bytes += end + 1;
    if (ends_group(reading.records.back())) {
      whole_bytes = reading.valid_bytes;
      whole_hash = reading.last_hash;
    }
  }
  drop_broken_group(reading, bytes.size(), whole_bytes, whole_hash);
  return reading;
}

}  // namespace ostler
