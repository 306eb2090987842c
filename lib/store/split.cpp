#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "store/trajectories.h"

namespace mast::store {

std::string_view name_of(Split split) {
    switch (split) {
        case Split::train:
            return "train";
        case Split::val:
            return "val";
        case Split::test:
            return "test";
    }
    return "";
}

std::optional<Split> split_from(std::string_view name) {
    for (const auto split : {Split::train, Split::val, Split::test}) {
        if (name == name_of(split)) return split;
    }
    return std::nullopt;
}

std::vector<Split> draw_splits(std::int64_t episodes, const SplitRule& rule) {
    std::vector<Split> splits(static_cast<std::size_t>(episodes), Split::train);
    if (episodes < 2) return splits;
    std::int64_t left = episodes - 1;  // the train split is never empty
    const auto share = [&](double fraction) {
        if (fraction <= 0) return std::int64_t{0};
        const auto wanted = std::llround(fraction * static_cast<double>(episodes));
        const auto given = std::min(std::max<std::int64_t>(1, wanted), left);
        left -= given;
        return given;
    };
    const auto val = share(rule.val);
    const auto test = share(rule.test);
    const Permutation order(episodes, rule.seed, "split", 0);
    for (std::int64_t i = 0; i < val + test; ++i) {
        splits[static_cast<std::size_t>(order(i))] = i < val ? Split::val : Split::test;
    }
    return splits;
}

}  // namespace mast::store
