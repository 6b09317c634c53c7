// A rehearsal for people: what was undone, and what that does not prove.
#include "ostler/view/proof_text.hpp"

#include "ostler/base/text.hpp"

namespace ostler {
namespace {

constexpr int title_columns = 52;
constexpr std::size_t most_lines = 8;

std::string undo_words(const StepProof& step) {
  switch (step.undo) {
    case StepProof::Undo::restored:
      return "undone, everything as before";
    case StepProof::Undo::stays:
      return fmt::format("undone, {} as the plan says",
                         step.stays.size() == 1 ? "one thing stays" : "some things stay");
    case StepProof::Undo::failed:
      return "NOT UNDONE";
  }
  return "";
}

std::string list_text(const std::string& title, const std::vector<std::string>& lines,
                      const Style& style) {
  if (lines.empty()) return "";
  std::string text = "\n" + style.paint(Colour::bold, title) + "\n";
  for (const std::string& line : lines)
    text += "  - " + wrap(line, style.width > 4 ? style.width - 4 : 0, "    ") + "\n";
  return text;
}

}  // namespace

std::string step_proof_text(const StepProof& step, const Style& style) {
  const bool failed = step.undo == StepProof::Undo::failed;
  std::string text =
      fmt::format("  {} {} {} {:>7} there {:>7} back  {}\n",
                  style.glyph(failed ? Glyph::failed : Glyph::ok), pad_right(step.id, 4),
                  pad_right(clip(step.title, title_columns, style.charset), title_columns),
                  format_duration(step.forward), format_duration(step.back), undo_words(step));
  for (std::size_t at = 0; at < std::min(step.wrong.size(), most_lines); ++at)
    text += fmt::format("         {}\n", style.paint(Colour::red, step.wrong[at]));
  if (step.wrong.size() > most_lines)
    text += fmt::format("         and {} more\n", step.wrong.size() - most_lines);
  return text;
}

std::string proof_text(const Proof& proof, const Style& style) {
  std::vector<std::string> stays = proof.whole.stays;
  std::string text = list_text("Stays after a rollback, as the plan says", stays, style);
  text += list_text("Rehearsed", proof.covered, style);
  text += list_text("Made up", proof.stand_ins, style);
  text += list_text("Not proved by this", proof.not_covered, style);
  return text;
}

}  // namespace ostler
