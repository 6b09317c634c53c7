// The invariants that hold at every moment.
#include "sim/invariants.hpp"

namespace ostler::sim {
namespace {

std::string_view text_behind(std::string_view line, std::string_view mark) {
  const std::size_t at = line.find(mark);
  if (at == line.npos) return {};
  const std::string_view rest = line.substr(at + mark.size());
  return rest.substr(0, rest.find('"'));
}

std::uint64_t number_behind(std::string_view line, std::string_view mark) {
  const std::size_t at = line.find(mark);
  if (at == line.npos) return 0;
  std::uint64_t number = 0;
  for (const char digit : line.substr(at + mark.size())) {
    if (digit < '0' || digit > '9') break;
    number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return number;
}

}  // namespace

void each_record(std::string_view bytes,
                 const std::function<void(std::string_view kind, std::string_view line,
                                          std::uint64_t opno)>& look) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    if (end == bytes.npos) return;
    const std::string_view line = bytes.substr(0, end);
    look(text_behind(line, R"(,"kind":")"), line, number_behind(line, R"(,"opno":)"));
    bytes.remove_prefix(end + 1);
  }
}

void IntentBeforeEffect::on_durable(std::string_view bytes) {
  each_record(bytes, [this](std::string_view kind, std::string_view line, std::uint64_t opno) {
    if (kind != "INTENT") return;
    intended_.insert(opno);
    steps_.emplace(text_behind(line, R"("step":")"));
  });
}

void IntentBeforeEffect::on_effect(const Effect& effect) {
  if (!effect.step.empty()) {
    if (!steps_.contains(effect.step))
      breaches_->breaks("I1", fmt::format("an effect on {} has no durable intent of {}",
                                          effect.target, effect.step));
    return;
  }
  if (!intended_.contains(effect.opno))
    breaches_->breaks("I1", fmt::format("an effect on {} by operation {} has no durable intent",
                                        effect.target, effect.opno));
}

void NothingOlderAfterNewer::on_effect(const Effect& effect) {
  if (!effect.fenced) return;
  const std::pair token{effect.epoch, effect.opno};
  auto& newest = newest_[effect.target];
  if (token < newest)
    breaches_->breaks(
        "I2", fmt::format("{} was written by epoch {} operation {} after epoch {} "
                          "operation {}",
                          effect.target, token.first, token.second, newest.first, newest.second));
  newest = std::max(newest, token);
}

void NobodyHarmed::look(const Stage& stage) {
  if (std::string harm = stage.harm(); !harm.empty()) breaches_->breaks("I3", std::move(harm));
}

void ChainHolds::look(const JournalReading& reading) {
  if (reading.damage) return breaches_->breaks("I4", reading.damage->message);
  std::uint64_t epoch = 0;
  for (const Record& record : reading.records) {
    if (record.epoch < epoch)
      return breaches_->breaks("I4", fmt::format("the epoch falls at record {}", record.seq));
    epoch = record.epoch;
  }
}

void ToldIsKept::on_durable(std::string_view bytes) {
  each_record(bytes, [this](std::string_view kind, std::string_view line, std::uint64_t) {
    if (kind == "OUTCOME")
      kept_.insert(fmt::format("{} {}", text_behind(line, R"(,"step":")"),
                               text_behind(line, R"("direction":")")));
    if (kind == "RUN_CLOSE") kept_.insert(std::string(text_behind(line, R"("outcome":")")));
  });
}

void ToldIsKept::on_event(const Event& event) {
  std::string told;
  if (event.type == "step.state") {
    const std::string state = text_at(event.data, "/state");
    if (state != "applied" && state != "already" && state != "reverted") return;
    told = fmt::format("{} {}", text_at(event.data, "/step"), text_at(event.data, "/direction"));
  } else if (event.type == "run.phase") {
    told = text_at(event.data, "/phase");
    if (told != "committed" && told != "rolled_back") return;
  } else {
    return;
  }
  if (!kept_.contains(told))
    breaches_->breaks("I5", "'" + told + "' was told and is not durable in the journal");
}

void NothingLeaks::on_event(const Event& event) {
  look_into(event.data);
}

void NothingLeaks::look_into(const Json& value) {
  if (value.is_string()) return look(value.get_ref<const std::string&>(), "an event");
  if (!value.is_structured()) return;
  for (const Json& member : value) look_into(member);
}

void NothingLeaks::look(std::string_view bytes, std::string_view where) {
  if (bytes.find(canary) != bytes.npos)
    breaches_->breaks("I7", fmt::format("a secret stands in {}", where));
  for (const char byte : bytes)
    if (static_cast<unsigned char>(byte) < 0x20 && byte != '\n')
      return breaches_->breaks("I8", fmt::format("a control byte stands in {}", where));
}

void MigrationsOnce::on_effect(const Effect& effect) {
  int& applied = applied_[effect.target];
  if (effect.kind == Effect::Kind::migrate_up && ++applied > 1)
    breaches_->breaks("I10", effect.target + " was migrated twice");
  if (effect.kind == Effect::Kind::migrate_down) applied = 0;
}

}  // namespace ostler::sim
