#include "publish/layout.h"

#include <array>
#include <string_view>

#include "base/error.h"
#include "base/suggest.h"

namespace mast::publish {

std::span<const Layout* const> layouts() {
    static constexpr std::array kTable{&kD4rl, &kMinari};
    return kTable;
}

const Layout& find_layout(const std::string& name) {
    std::vector<std::string_view> known;
    for (const auto* layout : layouts()) {
        if (name == layout->name) return *layout;
        known.emplace_back(layout->name);
    }
    fail<UsageError>("--format: \"{}\" is not {}{}", name, fmt::join(known, " or "),
                     did_you_mean(name, known));
}

}  // namespace mast::publish
