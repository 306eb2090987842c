// Small helpers that several tests of masks share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "mask/catalogue.h"

namespace mast::mask {

using Rows = std::vector<std::vector<int>>;

inline Objective objective_of(const std::string& spec, std::int64_t steps,
                              const std::string& layout = "obs,act") {
    return make_objective(spec, Layout(layout), steps);
}

inline Rows rows_of(const Objective& objective) {
    const auto n = static_cast<std::size_t>(objective.tokens());
    Rows rows(n, std::vector<int>(n));
    for (std::size_t q = 0; q < n; ++q) {
        for (std::size_t k = 0; k < n; ++k)
            rows[q][k] = objective.attend[q * n + k];
    }
    return rows;
}

/// The message of the UsageError that `work` throws, or "" if it throws none.
template <class Work>
std::string refusal(Work work) {
    try {
        work();
    } catch (const UsageError& error) {
        return error.what();
    }
    return "";
}

inline std::string refused_spec(const std::string& spec, std::int64_t steps = 4,
                                const std::string& layout = "obs,act") {
    return refusal([&] { objective_of(spec, steps, layout); });
}

}  // namespace mast::mask
