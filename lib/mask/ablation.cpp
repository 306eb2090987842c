#include "mask/ablation.h"

#include <algorithm>
#include <vector>

namespace mast::mask {

namespace {

/// Masks one of the rows whose target is valid too.
struct HideOneRow {
    std::vector<std::int64_t> row_of;  ///< (n) read-outs at later tokens, or kNoReadout

    void operator()(Draw& draw, std::span<const std::uint8_t> valid,
                    std::span<std::uint8_t> hidden) const {
        std::int64_t seen = 0;
        auto chosen = kNoReadout;
        for (std::size_t token = 0; token < row_of.size(); ++token) {
            const auto row = row_of[token];
            if (row == kNoReadout || valid[token] == 0 || valid[static_cast<std::size_t>(row)] == 0)
                continue;
            // Each of those seen so far is as likely as the others.
            if (draw.random.below(++seen) == 0) chosen = row;
        }
        if (chosen != kNoReadout) hidden[static_cast<std::size_t>(chosen)] = kMasked;
    }
};

}  // namespace

std::optional<Objective> without_row(const Objective& objective) {
    Objective ablated = objective;
    bool any = false;
    for (std::size_t token = 0; token < ablated.readout.size(); ++token) {
        auto& row = ablated.readout[token];
        if (row <= static_cast<std::int64_t>(token)) row = kNoReadout;
        any = any || row != kNoReadout;
    }
    if (!any || objective.hide) return std::nullopt;
    ablated.name += " without its row";
    ablated.target = Target::when_row_hidden;
    ablated.hide = HideOneRow{ablated.readout};
    return ablated;
}

}  // namespace mast::mask
