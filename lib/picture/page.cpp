#include "picture/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "picture/svg.h"

namespace mast::picture {

using svg::escaped;
using svg::number;

namespace {

constexpr double kMargin = 20;
constexpr double kTitle = 22;
constexpr double kSubtitle = 18;
constexpr double kLegendLine = 22;
constexpr double kRowGap = 20;
constexpr double kColumnGap = 24;
constexpr double kLetter = 6.8;  ///< width, about
constexpr double kMark = 22;     ///< width of what stands before a word of the legend
constexpr double kSmallest = 480;

/// Hues that people with any colour vision tell apart (Okabe and Ito 2008), darker on white and
/// lighter on black.
constexpr const char* kStyle = R"(<style>
text{font:12px 'DejaVu Sans',Verdana,sans-serif;fill:#57606a}
.head{font-size:16px;font-weight:bold;fill:#1f2328}.title{font-size:13px;font-weight:bold;fill:#1f2328}
.unit{font-size:12px;font-weight:normal;fill:#57606a}
.paper{fill:#ffffff}.grid{stroke:#e4e7eb;fill:none}.frame{stroke:#8c959f;fill:none}.middle{stroke:#ffffff;stroke-width:1.5;fill:none}
.s0{fill:#0072b2;stroke:#0072b2}.s1{fill:#d55e00;stroke:#d55e00}.s2{fill:#009e73;stroke:#009e73}.s3{fill:#aa4499;stroke:#aa4499}
.s4{fill:#b8860b;stroke:#b8860b}.s5{fill:#4477aa;stroke:#4477aa}.s6{fill:#882255;stroke:#882255}.s7{fill:#555555;stroke:#555555}
rect{stroke:none!important}.line{fill:none;stroke-width:1.6;stroke-linejoin:round}.dashed{stroke-dasharray:5 3}
.band{stroke:none;fill-opacity:.22}.faint{fill-opacity:.28}
@media(prefers-color-scheme:dark){text{fill:#9da7b1}.head,.title{fill:#e6edf3}.unit{fill:#9da7b1}.paper{fill:#0d1117}
.grid{stroke:#262c34}.frame{stroke:#6e7681}.middle{stroke:#0d1117}
.s0{fill:#56b4e9;stroke:#56b4e9}.s1{fill:#f0883e;stroke:#f0883e}.s2{fill:#2bc79a;stroke:#2bc79a}.s3{fill:#d98cd0;stroke:#d98cd0}
.s4{fill:#e3c04b;stroke:#e3c04b}.s5{fill:#88aadd;stroke:#88aadd}.s6{fill:#e08aa8;stroke:#e08aa8}.s7{fill:#b0b0b0;stroke:#b0b0b0}
.line{fill:none}.grid,.frame,.middle{fill:none}.band{stroke:none}}
</style>
)";

std::string mark_of(const LegendEntry& entry, double x, double y) {
    if (entry.mark == LegendEntry::Mark::box || entry.mark == LegendEntry::Mark::faint) {
        return fmt::format("<rect class=\"{}{}\" x=\"{}\" y=\"{}\" width=\"12\" height=\"12\"/>\n",
                           entry.mark == LegendEntry::Mark::faint ? "faint " : "", entry.colour,
                           number(x + 4), number(y - 10));
    }
    return fmt::format("<path class=\"line {}{}\" d=\"M{} {}h18\"/>\n", entry.colour,
                       entry.mark == LegendEntry::Mark::dashed ? " dashed" : "", number(x),
                       number(y - 4));
}

double width_of(const std::string& text) {
    const auto letters = std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    });
    return kLetter * static_cast<double>(letters);
}

/// Entries one after another, in as many lines as they need; returns the lines' height.
double draw_legend(const std::vector<LegendEntry>& entries, double top, double width,
                   std::string& out) {
    double x = kMargin;
    double y = top + 14;
    for (const auto& entry : entries) {
        const double needed = kMark + width_of(entry.text) + 18;
        if (x > kMargin && x + needed > width - kMargin) {
            x = kMargin;
            y += kLegendLine;
        }
        out += mark_of(entry, x, y);
        out += fmt::format("<text x=\"{}\" y=\"{}\">{}</text>\n", number(x + kMark), number(y),
                           escaped(entry.text));
        x += needed;
    }
    return entries.empty() ? 0 : y - top + kLegendLine - 14;
}

double width_of(const std::vector<Panel>& row) {
    double width = row.empty() ? 0 : kColumnGap * static_cast<double>(row.size() - 1);
    for (const auto& panel : row)
        width += panel.whole_width();
    return width;
}

}  // namespace

std::string Page::text() const {
    double width = kSmallest;
    for (const auto& row : rows_)
        width = std::max(width, width_of(row) + 2 * kMargin);
    std::string body;
    double y = kMargin + kTitle;
    body += fmt::format("<text class=\"head\" x=\"{}\" y=\"{}\">{}</text>\n", number(kMargin),
                        number(y - 6), escaped(title_));
    if (!subtitle_.empty()) {
        body += fmt::format("<text x=\"{}\" y=\"{}\">{}</text>\n", number(kMargin),
                            number(y + kSubtitle - 6), escaped(subtitle_));
        y += kSubtitle;
    }
    y += draw_legend(legend_, y, width, body);
    for (const auto& row : rows_) {
        y += kRowGap / 2;
        double x = kMargin;
        double height = 0;
        for (const auto& panel : row) {
            body += panel.text(x, y);
            x += panel.whole_width() + kColumnGap;
            height = std::max(height, panel.whole_height());
        }
        y += height + kRowGap / 2;
    }
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" "
        "version=\"1.1\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} "
        "{1}\">\n<title>{2}</title>\n"
        "{3}<rect class=\"paper\" width=\"{0}\" height=\"{1}\"/>\n{4}</svg>\n",
        number(width), number(y + kMargin / 2), escaped(title_), kStyle, body);
}

}  // namespace mast::picture
