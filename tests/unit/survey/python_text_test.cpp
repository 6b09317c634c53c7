#include "survey/python_text.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

TEST_CASE("literals are read as Python reads them") {
  const auto read = parse_python_literal(R"py(# -*- coding: utf-8 -*-
{
    'name': 'Sale' " Omni",  # two strings are one
    "summary": """
text""",
    'version': u'1.0', 'raw': r'\d', 'escape': 'a\n\x41\u20ac\'',
    'depends': ['base', 'web',],
    'tuple': (1, 2), 'one': (1,), 'same': (1), 'empty': (), 'set': {'x'},
    'installable': True, 'auto': False, 'none': None,
    'number': -1_000, 'real': 1.5,
    'assets': {'web.assets_backend': [('include', 'x'), 'a/static/**/*']},
})py");
  REQUIRE(read.ok());
  const Json& value = *read;
  CHECK(value["name"] == "Sale Omni");
  CHECK(value["summary"] == "\ntext");
  CHECK(value["raw"] == "\\d");
  CHECK(value["escape"] == "a\nA\xE2\x82\xAC'");
  CHECK(value["depends"] == Json({"base", "web"}));
  CHECK(value["tuple"] == Json({1, 2}));
  CHECK(value["one"] == Json::array({1}));
  CHECK(value["same"] == 1);
  CHECK(value["empty"] == Json::array());
  CHECK(value["set"] == Json::array({"x"}));
  CHECK(value["installable"] == true);
  CHECK(value["none"].is_null());
  CHECK(value["number"] == -1000);
  CHECK(value["real"] == 1.5);
  CHECK(value["assets"]["web.assets_backend"][0][1] == "x");
}

TEST_CASE("what is no literal is refused with its line") {
  CHECK(parse_python_literal("{\n'a': name\n}").failure().message ==
        "line 2: 'name' is no literal");
  for (const char* text :
       {"", "{", "{'a': 1", "{'a' 1}", "{1: 2}", "['a' 'b'", "'a", "'a\nb'", "{'a': 1} x", "f'a'",
        "[1 2]", "'\\x4'", "__import__('os')", "{'a': 1 + 1}", "1.2.3"}) {
    INFO(text);
    CHECK_FALSE(parse_python_literal(text).ok());
  }
  CHECK_FALSE(parse_python_literal(std::string(100'000, '[')).ok());
  CHECK_FALSE(parse_python_literal("'" + std::string(2'000'000, 'x') + "'").ok());
}

TEST_CASE("declarations are what decides about the schema, and nothing else") {
  const std::string source = R"py(
from odoo import fields, models, api

class SaleOrder(models.Model):
    _inherit = 'sale.order'  # comment

    channel = fields.Selection(
        [('web', 'Web'), ('pos', 'POS')],
        default='web',
    )

    @api.depends('channel')
    def _compute(self):
        for order in self:
            order.total = sum(order.lines.mapped('x'))  # fields.Char('not me')
)py";
  const std::string declared = python_declarations(source);
  CHECK(declared.find("_inherit = 'sale.order'\n") != std::string::npos);
  CHECK(declared.find(
            "channel = fields.Selection( [('web', 'Web'), ('pos', 'POS')], default='web', )\n") !=
        std::string::npos);
  CHECK(declared.find("order.total") == std::string::npos);
  CHECK(declared.find("not me") == std::string::npos);

  std::string code = source;
  code.replace(code.find("sum(order"), 3, "max");
  code.replace(code.find("        default"), 8, "            ");
  CHECK(python_declarations(code) == declared);
  std::string field = source;
  field.replace(field.find("'web',\n"), 5, "'pos'");
  CHECK(python_declarations(field) != declared);
  CHECK(python_declarations("my_fields.Char('x')\nx = fields.lower()\n_named = 1\n").empty());
  CHECK_FALSE(python_declarations("_sql_constraints = [('a', 'unique(x)', 'm')]").empty());
}

TEST_CASE("a source that cannot be split declares everything") {
  CHECK(python_declarations("x = 'unfinished") == "x = 'unfinished");
  CHECK(python_declarations("x = (") == "x = (");
}

TEST_CASE("the series stands in release.py") {
  CHECK(odoo_series("RELEASE_LEVELS = [ALPHA] = ['alpha']\nversion_info = (18, 0, 0, FINAL, 0, "
                    "'')\nversion = '.'.join(str(s))") == "18.0");
  CHECK(odoo_series("version_info = ('saas~17', 4, 0, FINAL, 0, '')") == "saas~17.4");
  CHECK_FALSE(odoo_series("version = '18.0'"));
  CHECK_FALSE(odoo_series("version_info = (get(), 0)"));
}

TEST_CASE("versions are adapted to the series as Odoo does") {
  CHECK(adapt_version("1.0", "18.0").value() == "18.0.1.0");
  CHECK(adapt_version("18.0.1.0", "18.0").value() == "18.0.1.0");
  CHECK(adapt_version("18.0.1.0.0", "18.0").value() == "18.0.1.0.0");
  CHECK(adapt_version("1.2.3", "18.0").value() == "18.0.1.2.3");
  CHECK(adapt_version("18.0", "18.0").value() == "18.0.18.0");
  CHECK(adapt_version("15.0", "15.0").value() == "15.0.15.0");
  CHECK(adapt_version("1", "15.0").value() == "15.0.1");
  CHECK(adapt_version("odd", "").value() == "odd");
  for (const char* version : {"1", "a.b", "1.0.0.0", "17.0.1.0", "1.0-beta", "18.0.1", ""}) {
    INFO(version);
    CHECK_FALSE(adapt_version(version, "18.0").ok());
  }
}
