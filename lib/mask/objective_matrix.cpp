// The matrix in an objective's picture, and what is drawn over it.
#include <fmt/format.h>

#include <algorithm>

#include "mask/objective_picture.h"
#include "picture/svg.h"

namespace mast::mask {

using picture::svg::box;
using picture::svg::cross;
using picture::svg::number;
using picture::svg::path;

std::string outline(const std::string& d, double width) {
    return path(d,
                fmt::format(R"(fill="none" stroke="#000000" stroke-width="{}")", number(width))) +
           path(d, fmt::format(R"(fill="none" stroke="{}" stroke-width="{}")", kReadout,
                               number(width * 0.6)));
}

std::string red_line(const std::string& d, double width) {
    return path(d, fmt::format(R"(fill="none" stroke="#ffffff" stroke-width="{}")",
                               number(width * 2))) +
           path(d,
                fmt::format(R"(fill="none" stroke="{}" stroke-width="{}")", kLeak, number(width)));
}

std::string Picture::single_cells() const {
    std::string text;
    for (std::int64_t row = 0; row < n_; ++row) {
        for (std::int64_t column = 0; column < n_; ++column) {
            if (!sees(row, column)) continue;
            text +=
                fmt::format("<rect x=\"{}\" y=\"{}\" width=\"1\" height=\"1\"/>\n", column, row);
        }
    }
    return text;
}

/// Runs of cells as dashes of a thick line, which takes the fewest letters.
std::string Picture::dashes(std::int64_t row) const {
    std::string d;
    std::int64_t drawn = 0;  // the line has come so far
    for (std::int64_t column = 0; column < n_;) {
        const std::int64_t first = column;
        while (column < n_ && sees(row, column))
            ++column;
        if (column == first) {
            ++column;
            continue;
        }
        d += d.empty() ? fmt::format("M{} {}.5", first, row) : fmt::format("m{} 0", first - drawn);
        d += fmt::format("h{}", column - first);
        drawn = column;
    }
    return d;
}

/// All rows are one path: where they are narrower than a pixel, a renderer adds up what a path
/// covers, but would let the ground shine through between two.
std::string Picture::merged_cells() const {
    std::string d;
    for (std::int64_t row = 0; row < n_; ++row)
        d += dashes(row);
    return path(d, "");
}

std::string Picture::matrix() const {
    auto text = fmt::format("<g transform=\"translate({} {}) scale({:.6g})\">\n", number(left_),
                            number(matrix_top_), cell_);
    text += fmt::format("<rect width=\"{0}\" height=\"{0}\" fill=\"{1}\"/>\n", n_, kUnseen);
    if (!small()) {
        return text + fmt::format("<g class=\"attend\" stroke=\"{}\"{}>\n{}</g>\n</g>\n", kSeen,
                                  cell_ < 1 ? "" : " shape-rendering=\"crispEdges\"",
                                  merged_cells());
    }
    std::string lines;
    for (std::int64_t i = 1; i < n_; ++i)
        lines += fmt::format("M0 {0}H{1}M{0} 0V{1}", i, n_);
    return text + fmt::format("<g class=\"attend\" fill=\"{}\">\n{}</g>\n", kSeen, single_cells()) +
           path(lines, R"(stroke="#ffffff" stroke-width="0.06")") + "</g>\n";
}

std::string Picture::readouts() const {
    // Where cells are narrower than a pixel, marks are not.
    const double side = std::max(cell_, 1.2);
    std::string d;
    for (std::int64_t token = 0; token < n_; ++token) {
        if (predict_[static_cast<std::size_t>(token)] == 0) continue;
        const auto row = objective_.readout[static_cast<std::size_t>(token)];
        d += box(middle(token) - side / 2, middle(row) - side / 2, side, side);
    }
    auto text = fmt::format("<g class=\"readouts\" transform=\"translate({} {})\">\n",
                            number(left_), number(matrix_top_));
    text += small() ? outline(d, mark_width()) : path(d, fmt::format("fill=\"{}\"", kReadout));
    return text + "</g>\n";
}

/// From the target down its column into a row, along the row to that token's own column, and on.
std::string Picture::leak_line(const Leak& leak) const {
    auto d = fmt::format("M{} {}", number(middle(leak.target)), number(-kStripGap));
    for (std::size_t i = 1; i < leak.path.size(); ++i) {
        d += fmt::format("V{}", number(middle(leak.path[i])));
        if (i + 1 < leak.path.size()) d += fmt::format("H{}", number(middle(leak.path[i])));
    }
    return leak.path.size() > 1 ? d : d + fmt::format("V{}", number(middle(leak.row)));
}

std::string Picture::leak_marks() const {
    if (leaks_.empty()) return "";
    const double side = std::max(cell_, 2.0);
    std::string lines;
    std::string ends;
    for (const auto& leak : leaks_) {
        const auto last = leak.path.size() > 1 ? leak.path[leak.path.size() - 2] : leak.target;
        if (small()) {
            lines += leak_line(leak);
            ends += cross(middle(last), middle(leak.row), cell_ * 0.28);
        } else {
            ends += box(middle(last) - side / 2, middle(leak.row) - side / 2, side, side);
        }
    }
    const double width = std::clamp(cell_ * 0.09, 1.0, 2.5);
    return fmt::format("<g class=\"leaks\" transform=\"translate({} {})\">\n{}</g>\n",
                       number(left_), number(matrix_top_),
                       small() ? red_line(lines, width) + red_line(ends, width)
                               : path(ends, fmt::format("fill=\"{}\"", kLeak)));
}

}  // namespace mast::mask
