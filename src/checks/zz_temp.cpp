// local only
#include "ostler/model/kind.hpp"
namespace ostler { const std::vector<const CheckKind*>& check_kinds() { static const std::vector<const CheckKind*> k; return k; } }
