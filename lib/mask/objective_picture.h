// The parts of the picture that draw_svg() makes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mask/leak.h"
#include "mask/objective.h"

namespace mast::mask {

// Blue and orange stay apart for the colour-blind; cells, outlines and hatches also differ in
// lightness or form, so that the picture can be printed in grey. The background is drawn, because
// a page can be dark.
inline constexpr const char* kSeen = "#2f3e52";
inline constexpr const char* kUnseen = "#e6eaef";
inline constexpr const char* kReadout = "#ffb000";
inline constexpr const char* kLeak = "#d40000";
inline constexpr const char* kSans = "Helvetica, Arial, 'DejaVu Sans', sans-serif";
inline constexpr const char* kMono = "'DejaVu Sans Mono', Menlo, Consolas, monospace";

/// Up to here cells are wide enough for outlines, hatches and lines.
inline constexpr std::int64_t kMostSingleCells = 120;

inline constexpr double kMargin = 20;
inline constexpr double kRowLabels = 36;     ///< width of the labels left of the matrix
inline constexpr double kColumnLabels = 18;  ///< height of the labels above the strip
inline constexpr double kStrip = 18;         ///< height of the strip
inline constexpr double kStripGap = 12;
inline constexpr double kLegendGap = 30;
inline constexpr double kLegendWidth = 300;
inline constexpr double kLegendLine = 24;
inline constexpr double kSwatch = 16;
inline constexpr double kTitleLine = 22;
inline constexpr double kTitleLetter = 9.7;  ///< width of one, of a font in which all are alike

class Picture {
  public:
    Picture(const Objective& objective, const std::vector<Leak>& leaks, std::uint64_t seed);

    std::string text() const;

  private:
    struct LegendLine {
        std::string swatch;
        std::string text;
    };

    bool small() const { return n_ <= kMostSingleCells; }
    bool has(Shown shown) const { return std::count(hidden_.begin(), hidden_.end(), shown) != 0; }
    bool has_targets() const { return std::count(predict_.begin(), predict_.end(), 1) != 0; }
    bool sees(std::int64_t row, std::int64_t column) const {
        return objective_.attend[static_cast<std::size_t>(row * n_ + column)] != 0;
    }
    double middle(std::int64_t token) const { return (static_cast<double>(token) + 0.5) * cell_; }
    double mark_width() const { return std::clamp(cell_ * 0.25, 2.5, 5.0); }
    std::string hidden_fill(Shown shown) const;

    std::string head() const;
    std::string header() const;
    std::string subtitle() const;
    std::int64_t label_stride() const;
    std::string label(std::int64_t token, double x, double y) const;
    std::string labels() const;
    std::string strip_boxes(Shown shown, const Modality* modality) const;
    std::string strip() const;
    std::string single_cells() const;
    std::string dashes(std::int64_t row) const;
    std::string merged_cells() const;
    std::string matrix() const;
    std::string readouts() const;
    std::string leak_marks() const;
    std::string leak_line(const Leak& leak) const;
    std::vector<LegendLine> legend_lines() const;
    void add_tokens(std::vector<LegendLine>& lines) const;
    void add_marks(std::vector<LegendLine>& lines) const;
    std::string legend() const;

    const Objective& objective_;
    const std::vector<Leak>& leaks_;
    std::uint64_t seed_;
    std::int64_t n_;
    std::vector<std::uint8_t> hidden_, predict_;
    double cell_;  ///< side of a cell
    double side_;  ///< of the matrix
    double left_;  ///< of the matrix
    double width_;
    std::vector<std::string> title_;
    double strip_top_, matrix_top_;
    double height_ = 0;  ///< known when the legend is
};

/// A light line between two dark ones is seen on dark and on pale.
std::string outline(const std::string& d, double width);
/// For leaks.
std::string red_line(const std::string& d, double width);

}  // namespace mast::mask
