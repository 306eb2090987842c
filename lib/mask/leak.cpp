#include "mask/leak.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>

#include "mask/bit_matrix.h"

namespace mast::mask {

namespace {

BitMatrix edges_of(const Objective& objective) {
    const std::int64_t n = objective.tokens();
    BitMatrix edges(n, n);
    for (std::int64_t q = 0; q < n; ++q) {
        for (std::int64_t k = 0; k < n; ++k) {
            if (objective.attend[static_cast<std::size_t>(q * n + k)] != 0) edges.set(q, k);
        }
    }
    return edges;
}

/// Breadth first from a row, backwards along "may look at".
class Search {
  public:
    explicit Search(const Objective& objective)
        : n_(objective.tokens()), edges_(edges_of(objective)) {}

    /// The shortest way from `target` to `row` in at most `layers` steps, target first.
    std::optional<std::vector<std::int64_t>> shortest(std::int64_t target, std::int64_t row,
                                                      std::int64_t layers) {
        if (target == row) return std::vector<std::int64_t>{row};
        BitMatrix seen(1, n_);
        seen.set(0, row);
        towards_.assign(static_cast<std::size_t>(n_), -1);
        std::vector<std::int64_t> front{row};
        for (std::int64_t layer = 0; layer < layers && !front.empty(); ++layer) {
            std::vector<std::int64_t> next;
            for (const auto token : front)
                look_at(token, seen.row(0), next);
            if (seen.test(0, target)) return way(target, row);
            front = std::move(next);
        }
        return std::nullopt;
    }

  private:
    void look_at(std::int64_t token, std::span<std::uint64_t> seen,
                 std::vector<std::int64_t>& next) {
        const auto visible = edges_.row(token);
        for (std::size_t w = 0; w < visible.size(); ++w) {
            std::uint64_t fresh = visible[w] & ~seen[w];
            seen[w] |= fresh;
            for (; fresh != 0; fresh &= fresh - 1) {
                const auto found = static_cast<std::int64_t>(w) * 64 + std::countr_zero(fresh);
                towards_[static_cast<std::size_t>(found)] = token;
                next.push_back(found);
            }
        }
    }

    std::vector<std::int64_t> way(std::int64_t target, std::int64_t row) const {
        std::vector<std::int64_t> path{target};
        while (path.back() != row)
            path.push_back(towards_[static_cast<std::size_t>(path.back())]);
        return path;
    }

    std::int64_t n_;
    BitMatrix edges_;
    std::vector<std::int64_t> towards_;  ///< the next token on the way to the row
};

}  // namespace

std::string Leak::text(const Layout& layout) const {
    std::string text = layout.token_name(target);
    for (std::size_t i = 1; i < path.size(); ++i) {
        text += fmt::format(" -> row {} (layer {})", layout.token_name(path[i]), i);
    }
    if (path.size() == 1) text += fmt::format(" -> row {} (its own)", layout.token_name(row));
    return text;
}

std::vector<Leak> find_leaks(const Objective& objective, std::int64_t layers) {
    std::vector<Leak> leaks;
    // Where only hidden tokens are targets, each has been replaced at the input; of one that was
    // kept the model cannot know.
    if (objective.target == Target::when_hidden) return leaks;
    Search search(objective);
    for (std::int64_t target = 0; target < objective.tokens(); ++target) {
        const std::int64_t row = objective.readout[static_cast<std::size_t>(target)];
        if (row == kNoReadout) continue;
        auto path = search.shortest(target, row, layers);
        if (!path) continue;
        const auto depth = static_cast<std::int64_t>(path->size()) - 1;
        leaks.push_back({target, row, depth, std::move(*path)});
    }
    return leaks;
}

}  // namespace mast::mask
