// Columns: aligned off a terminal, dropped and cut only on one.
#include "ostler/view/table.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

Table example() {
  return {{{"RUN", Align::left, 0}, {"TOOK", Align::right, 1}, {"NOTE", Align::left, 2}},
          {{"prod-1", "6 s", "undone"}, {"prod-10", "12 m", "a rather long note about it"}},
          ""};
}

}  // namespace

TEST_CASE("table: off a terminal nothing is cut", "[view]") {
  CHECK(example().render({}) ==
        "RUN      TOOK  NOTE\n"
        "prod-1    6 s  undone\n"
        "prod-10  12 m  a rather long note about it\n");
}

TEST_CASE("table: on a narrow terminal the least important columns go first", "[view]") {
  Style style;
  style.width = 20;
  CHECK(example().render(style) == "RUN      TOOK\nprod-1    6 s\nprod-10  12 m\n");
  style.width = 10;
  CHECK(example().render(style) == "RUN\nprod-1\nprod-10\n");
}

TEST_CASE("table: a column that may shrink gives way before another is dropped", "[view]") {
  Table table = example();
  table.columns[2].smallest = 6;
  Style style;
  style.width = 24;
  CHECK(table.render(style) ==
        "RUN      TOOK  NOTE\n"
        "prod-1    6 s  undone\n"
        "prod-10  12 m  a rather~\n");
  style.width = 20;
  CHECK(table.render(style) == "RUN      TOOK\nprod-1    6 s\nprod-10  12 m\n");
}

TEST_CASE("table: what must stay is cut to the width", "[view]") {
  Table table{{{"", Align::left, 0}}, {{"abcdefghijklmnop"}}, "  "};
  Style style;
  style.width = 14;
  CHECK(table.render(style) == "  abcdefghijk~\n");
}
