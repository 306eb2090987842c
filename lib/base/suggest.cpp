#include "base/suggest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace mast {

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    // Three rows of the table suffice: this one and the two before it.
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before[j - 2] + 1);
            }
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

}  // namespace

std::optional<std::string> suggest(std::string_view given,
                                   std::span<const std::string_view> known) {
    std::optional<std::string> best;
    std::size_t least = SIZE_MAX;
    for (const auto word : known) {
        const std::size_t distance = edit_distance(given, word);
        const std::size_t allowed = (std::max(given.size(), word.size()) + 2) / 3;
        if (distance <= allowed && distance < least) {
            least = distance;
            best = std::string(word);
        }
    }
    return best;
}

std::string did_you_mean(std::string_view given, std::span<const std::string_view> known) {
    const auto word = suggest(given, known);
    return word ? fmt::format("; did you mean '{}'?", *word) : std::string();
}

}  // namespace mast
