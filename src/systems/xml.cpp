// A small reader for the XML of S3 answers. No document types, so none of XML's ways to make a
// small text large.
#include "systems/xml.hpp"

#include "ostler/base/text.hpp"

#include <charconv>

namespace ostler {

namespace {

constexpr int depth_limit = 32;
constexpr int element_limit = 100'000;

class XmlReader {
 public:
  XmlReader(std::string_view text, std::string_view what) : rest_(text), what_(what) {}

  Result<XmlElement> document() {
    OSTLER_CHECK(skip_between());
    OSTLER_TRY(XmlElement root, element(1));
    OSTLER_CHECK(skip_between());
    if (!rest_.empty()) return damaged("something follows its end");
    return root;
  }

 private:
  Failure damaged(std::string_view why) const {
    return {FailureKind::permanent, fmt::format("{} is no usable XML: {}", what_, why), "", ""};
  }

  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
  static bool ends_name(char c) {
    return is_space(c) || c == '/' || c == '>' || c == '<' || c == '=';
  }

  void skip_space() {
    while (!rest_.empty() && is_space(rest_[0])) rest_.remove_prefix(1);
  }

  Result<void> skip_behind(std::string_view end) {
    const auto at = rest_.find(end);
    if (at == std::string_view::npos) return damaged("it ends too early");
    rest_.remove_prefix(at + end.size());
    return {};
  }

  /// White space, comments and processing instructions around the root.
  Result<void> skip_between() {
    while (true) {
      skip_space();
      if (starts_with(rest_, "<?")) {
        OSTLER_CHECK(skip_behind("?>"));
      } else if (starts_with(rest_, "<!--")) {
        OSTLER_CHECK(skip_behind("-->"));
      } else {
        return {};
      }
    }
  }

  std::string_view name() {
    std::size_t length = 0;
    while (length < rest_.size() && !ends_name(rest_[length])) ++length;
    const std::string_view found = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return found;
  }

  static std::string local(std::string_view qualified) {
    const auto colon = qualified.find(':');
    return std::string(colon == std::string_view::npos ? qualified : qualified.substr(colon + 1));
  }

  Result<void> skip_attributes() {
    while (true) {
      skip_space();
      if (rest_.empty()) return damaged("it ends too early");
      if (rest_[0] == '>' || rest_[0] == '/') return {};
      if (name().empty()) return damaged("an attribute has no name");
      skip_space();
      if (!starts_with(rest_, "=")) return damaged("an attribute has no value");
      rest_.remove_prefix(1);
      skip_space();
      if (rest_.empty() || (rest_[0] != '"' && rest_[0] != '\'')) {
        return damaged("an attribute has no value");
      }
      const char quote = rest_[0];
      rest_.remove_prefix(1);
      OSTLER_CHECK(skip_behind(std::string_view(&quote, 1)));
    }
  }

  Result<XmlElement> element(int depth) {
    if (depth > depth_limit) return damaged("it is nested too deeply");
    if (++elements_ > element_limit) return damaged("it has too many elements");
    if (!starts_with(rest_, "<")) return damaged("an element is missing");
    rest_.remove_prefix(1);
    const std::string_view qualified = name();
    if (qualified.empty() || qualified[0] == '!' || qualified[0] == '?') {
      return damaged("it has a document type or a nameless element");
    }
    XmlElement read;
    read.name = local(qualified);
    OSTLER_CHECK(skip_attributes());
    if (starts_with(rest_, "/>")) {
      rest_.remove_prefix(2);
      return read;
    }
    if (!starts_with(rest_, ">")) return damaged("a tag is not closed");
    rest_.remove_prefix(1);
    OSTLER_CHECK(content(read, depth));
    if (name() != qualified) return damaged("a closing tag has another name");
    skip_space();
    if (!starts_with(rest_, ">")) return damaged("a tag is not closed");
    rest_.remove_prefix(1);
    return read;
  }

  /// Up to and including the "</" of the element's end.
  Result<void> content(XmlElement& parent, int depth) {
    while (true) {
      const auto mark = rest_.find_first_of("<&");
      if (mark == std::string_view::npos) return damaged("it ends too early");
      parent.text += rest_.substr(0, mark);
      rest_.remove_prefix(mark);
      if (starts_with(rest_, "</")) {
        rest_.remove_prefix(2);
        return {};
      }
      if (rest_[0] == '&') {
        OSTLER_CHECK(entity(parent.text));
      } else if (starts_with(rest_, "<!--")) {
        OSTLER_CHECK(skip_behind("-->"));
      } else if (starts_with(rest_, "<![CDATA[")) {
        const auto end = rest_.find("]]>");
        if (end == std::string_view::npos) return damaged("it ends too early");
        parent.text += rest_.substr(9, end - 9);
        rest_.remove_prefix(end + 3);
      } else {
        OSTLER_TRY(XmlElement child, element(depth + 1));
        parent.children.push_back(std::move(child));
      }
    }
  }

  Result<void> entity(std::string& text) {
    const auto end = rest_.find(';');
    // npos too
    if (end > 10) return damaged("an entity is not closed");
    const std::string_view word = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    if (word == "amp")
      text += '&';
    else if (word == "lt")
      text += '<';
    else if (word == "gt")
      text += '>';
    else if (word == "quot")
      text += '"';
    else if (word == "apos")
      text += '\'';
    else
      return numbered(word, text);
    return {};
  }

  Result<void> numbered(std::string_view word, std::string& text) {
    if (word.size() < 2 || word[0] != '#') return damaged("it uses an unknown entity");
    const bool hexadecimal = word[1] == 'x';
    const std::string_view digits = word.substr(hexadecimal ? 2 : 1);
    std::uint32_t code = 0;
    const auto [end, trouble] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, hexadecimal ? 16 : 10);
    if (trouble != std::errc() || end != digits.data() + digits.size() || code == 0 ||
        code > 0x10FFFF) {
      return damaged("it uses an unknown entity");
    }
    append_utf8(code, text);
    return {};
  }

  static void append_utf8(std::uint32_t code, std::string& text) {
    const auto byte = [&text](std::uint32_t value) { text += static_cast<char>(value); };
    if (code < 0x80) {
      byte(code);
    } else if (code < 0x800) {
      byte(0xC0 | (code >> 6));
      byte(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      byte(0xE0 | (code >> 12));
      byte(0x80 | ((code >> 6) & 0x3F));
      byte(0x80 | (code & 0x3F));
    } else {
      byte(0xF0 | (code >> 18));
      byte(0x80 | ((code >> 12) & 0x3F));
      byte(0x80 | ((code >> 6) & 0x3F));
      byte(0x80 | (code & 0x3F));
    }
  }

  std::string_view rest_;
  std::string what_;
  int elements_ = 0;
};

}  // namespace

const XmlElement* XmlElement::child(std::string_view child_name) const {
  for (const XmlElement& found : children) {
    if (found.name == child_name) return &found;
  }
  return nullptr;
}

std::string XmlElement::text_of(std::string_view child_name) const {
  const XmlElement* found = child(child_name);
  return found == nullptr ? "" : found->text;
}

Result<XmlElement> parse_xml(std::string_view text, std::string_view what) {
  return XmlReader(text, what).document();
}

}  // namespace ostler
