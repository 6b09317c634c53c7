#pragma once

#include <string>
#include <vector>

namespace ostler::lab {

/// What Odoo's command line asks for, as far as the shop knows it.
struct ShopCommandLine {
  bool http = true;
  bool update = false;  ///< -u or -i
  int workers = 0;      ///< 0: no limit
  int port = 8069;
  std::vector<std::string> databases;
  std::string error;  ///< the option parser's words, or empty

  static ShopCommandLine of(const std::vector<std::string>& arguments);
};

}  // namespace ostler::lab
