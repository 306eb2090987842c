#include "mast/command.h"

#include <utility>

#include "base/version.h"
#include "mast/options.h"

namespace mast::cli {

store::HistoryEntry Context::history_entry(std::vector<std::string> inputs) const {
    return {command_line, version(), seed(), std::move(inputs)};
}

std::uint64_t Context::seed() const {
    return static_cast<std::uint64_t>(options["seed"].as<Natural>().value);
}

}  // namespace mast::cli
