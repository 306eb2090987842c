// Inverse dynamics: the action that led from one observation to a later one.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "mask/attention.h"
#include "mask/bit_matrix.h"
#include "mask/families.h"

namespace mast::mask {

namespace {

/// The article's band: row i of o_1, o_2, ... does not see columns i-1 .. i-width, as far as there
/// are any.
void hide_band(Objective& objective, std::int64_t width) {
    const std::int64_t n = objective.tokens();
    for (std::int64_t t = 1; t < objective.steps; ++t) {
        const std::int64_t row = objective.layout.token(t, Modality::obs);
        for (std::int64_t column = std::max<std::int64_t>(0, row - width); column < row; ++column) {
            objective.attend[static_cast<std::size_t>(row * n + column)] = 0;
        }
    }
}

/// Row o_j sees no action of steps j-k .. j-1, nor any token that could have learned of one at any
/// depth. Rows are settled in order: in a causal matrix a row learns only from rows before it, so
/// what those know is final. The action of step j, which stands before o_j in some layouts, is
/// hidden as well, so that o_j does not carry it to later rows. `isolate`: of the rest, only o_j-k
/// stays.
void hide_actions(Objective& objective, std::int64_t k, bool isolate) {
    const auto& layout = objective.layout;
    const std::int64_t n = objective.tokens();
    BitMatrix knows(n, n);
    BitMatrix secret(1, n);
    for (std::int64_t row = 0; row < n; ++row) {
        const std::int64_t step = layout.step_of(row);
        const std::int64_t from = step - k;
        const bool reads_out = layout.modality_of(row) == Modality::obs;
        if (reads_out) secret.set(0, layout.token(step, Modality::act));
        if (reads_out && from > 0) secret.clear(0, layout.token(from - 1, Modality::act));
        knows.set(row, row);
        for (std::int64_t c = 0; c < row; ++c) {
            const bool apart = isolate && (from < 0 || c != layout.token(from, Modality::obs));
            if (reads_out && (apart || intersect(knows.row(c), secret.row(0)))) {
                objective.attend[static_cast<std::size_t>(row * n + c)] = 0;
            } else {
                unite(knows.row(row), knows.row(c));
            }
        }
    }
}

}  // namespace

void build_inverse(Spec& spec, Objective& objective) {
    const std::int64_t n = objective.tokens();
    const std::int64_t longest = objective.steps - 1;
    spec.need_two_steps(objective.steps, "compares two steps");
    const std::int64_t k = spec.whole("k", 1, 1, longest);
    const bool isolate = spec.flag("isolate", false);
    const std::int64_t band = spec.whole("rm_idx", 0, 1, n - 1);
    for (const char* key : {"k", "isolate"}) {
        if (spec.has("rm_idx") && spec.has(key)) {
            spec.refuse(key, "rm_idx to stand alone (leave one of them out)");
        }
    }
    objective.role = k == 1 ? "inverse" : fmt::format("inverse_k{}", k);
    objective.attend = causal_attention(n);
    if (band > 0) {
        hide_band(objective, band);
    } else {
        hide_actions(objective, k, isolate);
    }
    objective.target = Target::always;
    for (std::int64_t t = 0; t + k < objective.steps; ++t) {
        const auto action = static_cast<std::size_t>(objective.layout.token(t, Modality::act));
        objective.readout[action] = objective.layout.token(t + k, Modality::obs);
    }
}

}  // namespace mast::mask
