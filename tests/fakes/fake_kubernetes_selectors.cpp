// Label and field selectors as the API server in memory reads them.
#include "tests/fakes/fake_kubernetes.hpp"

namespace ostler {

bool labels_fit(const Json& labels, const std::string& selector) {
  const auto trimmed = [](std::string text) {
    const auto first = text.find_first_not_of(' ');
    if (first == std::string::npos) return std::string{};
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
  };
  const auto value_of = [&](const std::string& name) -> std::optional<std::string> {
    const auto found = labels.find(name);
    if (found == labels.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
  };
  std::vector<std::string> terms{""};
  int depth = 0;
  for (const char letter : selector) {
    depth += letter == '(' ? 1 : letter == ')' ? -1 : 0;
    if (letter == ',' && depth == 0)
      terms.emplace_back();
    else
      terms.back() += letter;
  }
  for (std::string term : terms) {
    term = trimmed(term);
    if (term.empty()) continue;
    const auto open = term.find('(');
    if (open != std::string::npos) {
      const std::string head = trimmed(term.substr(0, open));
      const bool negated = head.size() > 6 && head.substr(head.size() - 6) == " notin";
      const std::string name = trimmed(head.substr(0, head.rfind(' ')));
      std::set<std::string> wanted;
      std::string word;
      for (const char letter : term.substr(open + 1, term.find(')') - open - 1) + ",") {
        if (letter != ',') {
          word += letter;
          continue;
        }
        wanted.insert(trimmed(word));
        word.clear();
      }
      const auto value = value_of(name);
      const bool in = value && wanted.count(*value) > 0;
      if (in == negated) return false;
    } else if (const auto unequal = term.find("!="); unequal != std::string::npos) {
      if (value_of(trimmed(term.substr(0, unequal))) == trimmed(term.substr(unequal + 2)))
        return false;
    } else if (const auto equal = term.find('='); equal != std::string::npos) {
      const auto start = term.find_first_not_of('=', equal);
      const std::string wanted = start == std::string::npos ? "" : trimmed(term.substr(start));
      if (value_of(trimmed(term.substr(0, equal))) != wanted) return false;
    } else if (term[0] == '!') {
      if (value_of(trimmed(term.substr(1)))) return false;
    } else if (!value_of(term)) {
      return false;
    }
  }
  return true;
}

bool FakeKubernetes::fields_fit(const Json& object, const std::string& fields) {
  std::size_t from = 0;
  while (from < fields.size()) {
    std::size_t to = fields.find(',', from);
    if (to == std::string::npos) to = fields.size();
    const std::string term = fields.substr(from, to - from);
    from = to + 1;
    const auto equal = term.find('=');
    if (equal == std::string::npos) continue;
    const bool negated = equal > 0 && term[equal - 1] == '!';
    std::string path = "/" + term.substr(0, negated ? equal - 1 : equal);
    for (char& letter : path)
      if (letter == '.') letter = '/';
    const bool same = text(object, path.c_str()) == term.substr(term.find_last_of('=') + 1);
    if (same == negated) return false;
  }
  return true;
}

}  // namespace ostler
