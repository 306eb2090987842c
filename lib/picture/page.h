// A page of panels with a title and a legend: a whole SVG file, for light and for dark
// surroundings.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "picture/panel.h"

namespace mast::picture {

struct LegendEntry {
    std::string colour;  ///< a class, as of a panel
    std::string text;
    enum class Mark : std::uint8_t { line, dashed, box, faint } mark = Mark::line;
};

class Page {
  public:
    Page(std::string title, std::string subtitle)
        : title_(std::move(title)), subtitle_(std::move(subtitle)) {}

    void legend(std::vector<LegendEntry> entries) { legend_ = std::move(entries); }
    /// Panels side by side.
    void row(std::vector<Panel> panels) { rows_.push_back(std::move(panels)); }

    /// SVG 1.1 with a style sheet; where dark is preferred (prefers-color-scheme) on dark paper.
    std::string text() const;

  private:
    std::string title_, subtitle_;
    std::vector<LegendEntry> legend_;
    std::vector<std::vector<Panel>> rows_;
};

}  // namespace mast::picture
