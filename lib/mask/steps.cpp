// Named steps are hidden and predicted, the same in every sample.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "mask/attention.h"
#include "mask/families.h"

namespace mast::mask {

namespace {

struct Kind {
    const char* key;
    Modality modality;
};
constexpr std::array kKinds{Kind{"actions", Modality::act}, Kind{"obs", Modality::obs},
                            Kind{"rew", Modality::rew}, Kind{"rtg", Modality::rtg}};

std::int64_t parse_step(const Spec& spec, const std::string& key, std::string_view text,
                        std::int64_t steps) {
    std::int64_t step = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), step);
    if (error != std::errc() || end != text.data() + text.size() || step < 0 || step >= steps) {
        spec.refuse(key, fmt::format("steps from 0 to {}, joined by +, or a run such as 0..3 "
                                     "(the context is {})",
                                     steps - 1, steps));
    }
    return step;
}

/// Marks the steps of one key, "0+3+5..8", in `chosen`.
void mark_steps(Spec& spec, const Kind& kind, const Objective& objective,
                std::vector<std::uint8_t>& chosen) {
    if (spec.has(kind.key) && !objective.layout.has(kind.modality)) {
        spec.refuse(kind.key, fmt::format("only kinds of token of the layout {} (leave it out)",
                                          objective.layout.text()));
    }
    for (const std::string_view item : spec.list(kind.key)) {
        const auto dots = item.find("..");
        const auto first = parse_step(spec, kind.key, item.substr(0, dots), objective.steps);
        const auto last = dots == std::string_view::npos
                              ? first
                              : parse_step(spec, kind.key, item.substr(dots + 2), objective.steps);
        for (std::int64_t t = first; t <= last; ++t) {
            chosen[static_cast<std::size_t>(objective.layout.token(t, kind.modality))] = 1;
        }
    }
}

}  // namespace

void build_steps(Spec& spec, Objective& objective) {
    const std::int64_t n = objective.tokens();
    std::vector<std::uint8_t> chosen(static_cast<std::size_t>(n), 0);
    for (const auto& kind : kKinds)
        mark_steps(spec, kind, objective, chosen);
    const auto count = std::count(chosen.begin(), chosen.end(), 1);
    if (count == 0) {
        fail<UsageError>(
            "objective \"{}\": hides nothing, so there is nothing to predict, expected "
            "steps to hide (e.g. {}:actions=0+1)",
            spec.text(), spec.name());
    }
    if (count == n) {
        fail<UsageError>(
            "objective \"{}\": hides every token, expected some to predict them from "
            "(name fewer steps)",
            spec.text());
    }
    for (std::int64_t i = 0; i < n; ++i) {
        if (chosen[static_cast<std::size_t>(i)] == 0) continue;
        objective.readout[static_cast<std::size_t>(i)] = i;
        objective.hidden_asked[store::index_of(objective.layout.modality_of(i))] +=
            1 / static_cast<double>(objective.steps);
    }
    objective.role = "infill";
    objective.attend = full_attention(n);
    objective.target = Target::when_hidden;
    objective.hide = [chosen = std::move(chosen)](Draw& /*draw*/,
                                                  std::span<const std::uint8_t> valid,
                                                  std::span<std::uint8_t> hidden) {
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            hidden[i] = chosen[i] != 0 && valid[i] != 0 ? kMasked : kVisible;
        }
    };
}

}  // namespace mast::mask
