#include "mask/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/assert.h"
#include "base/error.h"
#include "base/suggest.h"

namespace mast::mask {

namespace {

Modality parse_modality(const std::string& text, std::string_view word) {
    const auto modality = store::modality_from(word);
    if (modality) return *modality;
    std::array<std::string_view, store::kModalities.size()> known;
    std::transform(store::kModalities.begin(), store::kModalities.end(), known.begin(),
                   store::name_of);
    fail<UsageError>("layout \"{}\": \"{}\" is not a kind of token, expected a list of {}{}", text,
                     word, fmt::join(known, ", "), did_you_mean(word, known));
}

}  // namespace

Layout::Layout(const std::string& text) {
    std::size_t first = 0;
    while (first <= text.size()) {
        const auto comma = std::min(text.find(',', first), text.size());
        const auto modality =
            parse_modality(text, std::string_view(text).substr(first, comma - first));
        if (has(modality)) {
            fail<UsageError>("layout \"{}\": {} stands there twice, expected it once", text,
                             store::name_of(modality));
        }
        modalities_.push_back(modality);
        first = comma + 1;
    }
    for (const auto needed : {Modality::obs, Modality::act}) {
        if (has(needed)) continue;
        fail<UsageError>("layout \"{}\": {} is missing, expected at least obs and act (add it)",
                         text, store::name_of(needed));
    }
}

bool Layout::has(Modality modality) const {
    return std::find(modalities_.begin(), modalities_.end(), modality) != modalities_.end();
}

std::int64_t Layout::slot(Modality modality) const {
    const auto found = std::find(modalities_.begin(), modalities_.end(), modality);
    MAST_ASSERT(found != modalities_.end());
    return found - modalities_.begin();
}

std::string Layout::token_name(std::int64_t token) const {
    static constexpr std::array<const char*, store::kModalities.size()> kLetters{"o", "a", "r",
                                                                                 "R"};
    return fmt::format("{}_{}", kLetters[store::index_of(modality_of(token))], step_of(token));
}

std::string Layout::text() const {
    std::string text;
    for (const auto modality : modalities_) {
        if (!text.empty()) text += ',';
        text += store::name_of(modality);
    }
    return text;
}

}  // namespace mast::mask
