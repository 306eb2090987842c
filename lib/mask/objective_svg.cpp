#include "mask/objective_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace mast::mask {

namespace {

// Blue and orange stay apart for the colour-blind; cells, outlines and hatches also differ in
// lightness or form, so that the picture can be printed in grey. The background is drawn, because
// a page can be dark.
constexpr const char* kSeen = "#2f3e52";
constexpr const char* kUnseen = "#e6eaef";
constexpr const char* kReadout = "#ffb000";
constexpr const char* kLeak = "#d40000";
constexpr const char* kSans = "Helvetica, Arial, 'DejaVu Sans', sans-serif";
constexpr const char* kMono = "'DejaVu Sans Mono', Menlo, Consolas, monospace";

/// Up to here cells are wide enough for outlines, hatches and lines.
constexpr std::int64_t kMostSingleCells = 120;

constexpr double kMargin = 20;
constexpr double kRowLabels = 36;     ///< width of the labels left of the matrix
constexpr double kColumnLabels = 18;  ///< height of the labels above the strip
constexpr double kStrip = 18;         ///< height of the strip
constexpr double kStripGap = 12;
constexpr double kLegendGap = 30;
constexpr double kLegendWidth = 300;
constexpr double kLegendLine = 24;
constexpr double kSwatch = 16;
constexpr double kTitleLine = 22;
constexpr double kTitleLetter = 9.7;  ///< width of one, of a font in which all are alike

/// How hidden tokens are filled, one hatch for each way to be hidden.
constexpr const char* kHatches = R"(<defs>
<pattern id="masked" width="5" height="5" patternUnits="userSpaceOnUse">
<rect width="5" height="5" fill="#ffffff"/>
<path d="M-1 1l2 -2M0 5l5 -5M4 6l2 -2" stroke="#000000" stroke-width="1.3"/>
</pattern>
<pattern id="replaced" width="5" height="5" patternUnits="userSpaceOnUse">
<rect width="5" height="5" fill="#ffffff"/>
<path d="M0 0l5 5M0 5l5 -5" stroke="#000000" stroke-width="0.9"/>
</pattern>
<pattern id="kept" width="5" height="5" patternUnits="userSpaceOnUse">
<rect width="5" height="5" fill="#ffffff"/>
<circle cx="2.5" cy="2.5" r="1.2" fill="#000000"/>
</pattern>
</defs>
)";

struct Kind {
    const char* colour;
    const char* name;
};

Kind kind_of(Modality modality) {
    static constexpr std::array<Kind, store::kModalities.size()> kKinds{{{"#0064a8", "observation"},
                                                                         {"#c04a00", "action"},
                                                                         {"#7a3e9d", "reward"},
                                                                         {"#00704f",
                                                                          "return to "
                                                                          "go"}}};
    return kKinds[store::index_of(modality)];
}

/// At most two decimals, and none that say nothing.
std::string number(double value) {
    auto text = fmt::format("{:.2f}", value);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text == "-0" ? "0" : text;
}

std::string escaped(std::string_view text) {
    std::string safe;
    for (const char letter : text) {
        if (letter == '&') {
            safe += "&amp;";
        } else if (letter == '<') {
            safe += "&lt;";
        } else if (letter == '>') {
            safe += "&gt;";
        } else if (letter == '"') {
            safe += "&quot;";
        } else {
            // XML has no way to say a control character.
            const bool control = static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f;
            safe += control ? '?' : letter;
        }
    }
    return safe;
}

/// Where a line of at most `letters` bytes ends: behind a separator if one is near, and never
/// inside a UTF-8 letter.
std::size_t end_of_line(const std::string& text, std::size_t first, std::size_t letters) {
    if (text.size() - first <= letters) return text.size();
    std::size_t last = first + letters;
    const auto separator = text.find_last_of(",+: ", last - 1);
    if (separator != std::string::npos && separator > first + letters / 2) return separator + 1;
    while (last > first + 1 && (static_cast<unsigned char>(text[last]) & 0xC0U) == 0x80U)
        --last;
    return last;
}

std::vector<std::string> wrapped(const std::string& text, std::size_t letters) {
    std::vector<std::string> lines;
    for (std::size_t first = 0; first < text.size();) {
        const std::size_t last = end_of_line(text, first, letters);
        lines.push_back(text.substr(first, last - first));
        first = last;
    }
    return lines;
}

/// A closed rectangle of a path.
std::string box(double x, double y, double width, double height) {
    const auto w = number(width);
    return fmt::format("M{} {}h{}v{}h-{}z", number(x), number(y), w, number(height), w);
}

std::string path(const std::string& d, std::string_view attributes) {
    return d.empty() ? "" : fmt::format(R"(<path d="{}" {}/>)", d, attributes) + "\n";
}

/// A light line between two dark ones is seen on dark and on pale.
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

/// The strokes of an X around a point.
std::string cross(double x, double y, double reach) {
    const auto side = number(2 * reach);
    return fmt::format("M{} {}l{} {}m0 -{}l-{} {}", number(x - reach), number(y - reach), side,
                       side, side, side, side);
}

/// "o_12" with a lowered 12.
std::string with_subscript(const std::string& name) {
    const auto bar = name.find('_');
    return fmt::format(R"({}<tspan dy="3" font-size="10">{}</tspan>)", name.substr(0, bar),
                       name.substr(bar + 1));
}

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

Picture::Picture(const Objective& objective, const std::vector<Leak>& leaks, std::uint64_t seed)
    : objective_(objective),
      leaks_(leaks),
      seed_(seed),
      n_(objective.tokens()),
      hidden_(static_cast<std::size_t>(n_)),
      predict_(static_cast<std::size_t>(n_)),
      cell_(std::min(28.0, 720.0 / static_cast<double>(n_))),
      side_(cell_ * static_cast<double>(n_)),
      left_(kMargin + kRowLabels),
      width_(std::max(460.0, left_ + side_ + kLegendGap + kLegendWidth + kMargin)),
      title_(
          wrapped(objective.name, static_cast<std::size_t>((width_ - 2 * kMargin) / kTitleLetter))),
      strip_top_(kMargin + static_cast<double>(title_.size() + 1) * kTitleLine + kColumnLabels + 8),
      matrix_top_(strip_top_ + kStrip + kStripGap) {
    const std::vector<std::uint8_t> valid(static_cast<std::size_t>(objective.steps), 1);
    draw(objective, {seed, 0, 1.0}, valid, hidden_, predict_);
    const auto lines = static_cast<double>(legend_lines().size());
    height_ = kMargin + std::max(matrix_top_ + side_, strip_top_ + lines * kLegendLine);
}

/// A hatch needs room; in narrow boxes a grey stands for it.
std::string Picture::hidden_fill(Shown shown) const {
    if (small()) {
        return shown == kMasked ? "url(#masked)"
                                : (shown == kReplaced ? "url(#replaced)" : "url(#kept)");
    }
    return shown == kMasked ? "#000000" : (shown == kReplaced ? "#666666" : "#b0b0b0");
}

std::string Picture::head() const {
    return fmt::format(
        R"(<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="{0}" height="{1}" viewBox="0 0 {0} {1}" font-family="{2}" font-size="13">
<title>{3}</title>
{4}<rect width="{0}" height="{1}" fill="#ffffff"/>
)",
        number(width_), number(height_), kSans, escaped(objective_.name),
        small() && objective_.hide ? kHatches : "");
}

std::string Picture::subtitle() const {
    auto text = fmt::format("{} tokens: {} × {}", n_, objective_.steps, objective_.layout.text());
    if (objective_.hide) text += fmt::format("; sample 0 of seed {}", seed_);
    return text + (leaks_.empty() ? "; no leak" : fmt::format("; leaking: {}", leaks_.size()));
}

std::string Picture::header() const {
    std::string text =
        fmt::format("<g font-family=\"{}\" font-size=\"16\" font-weight=\"bold\">\n", kMono);
    double y = kMargin + 14;
    for (const auto& line : title_) {
        text += fmt::format("<text x=\"{}\" y=\"{}\">{}</text>\n", number(kMargin), number(y),
                            escaped(line));
        y += kTitleLine;
    }
    return text + fmt::format("</g>\n<text x=\"{}\" y=\"{}\" fill=\"#444444\">{}</text>\n",
                              number(kMargin), number(y), subtitle());
}

/// Every token has a label, or the first of every 1, 2, 5, 10 ... steps, so that none touch.
std::int64_t Picture::label_stride() const {
    const auto digits = static_cast<double>(fmt::formatted_size("{}", objective_.steps - 1));
    const double needed = 14 + 7 * digits;
    if (cell_ >= needed) return 1;
    for (std::int64_t decade = 1;; decade *= 10) {
        for (const std::int64_t factor : {1, 2, 5}) {
            const std::int64_t stride = factor * decade * objective_.layout.per_step();
            if (stride >= n_ || static_cast<double>(stride) * cell_ >= needed) return stride;
        }
    }
}

std::string Picture::label(std::int64_t token, double x, double y) const {
    return fmt::format("<text x=\"{}\" y=\"{}\" fill=\"{}\">{}</text>\n", number(x), number(y),
                       kind_of(objective_.layout.modality_of(token)).colour,
                       with_subscript(objective_.layout.token_name(token)));
}

std::string Picture::labels() const {
    std::string columns = "<g font-weight=\"bold\" text-anchor=\"middle\">\n";
    std::string rows = "<g font-weight=\"bold\" text-anchor=\"end\">\n";
    for (std::int64_t token = 0; token < n_; token += label_stride()) {
        columns += label(token, left_ + middle(token), strip_top_ - 10);
        rows += label(token, left_ - 8, matrix_top_ + middle(token) + 4);
    }
    return columns + "</g>\n" + rows + "</g>\n";
}

/// The boxes of the tokens shown in one way, of one modality or of all.
std::string Picture::strip_boxes(Shown shown, const Modality* modality) const {
    const double gap = small() ? 2 : 0;
    std::string d;
    for (std::int64_t token = 0; token < n_; ++token) {
        if (hidden_[static_cast<std::size_t>(token)] != shown) continue;
        if (modality != nullptr && objective_.layout.modality_of(token) != *modality) continue;
        d += box(static_cast<double>(token) * cell_ + gap / 2, 0, cell_ - gap, kStrip);
    }
    return d;
}

std::string Picture::strip() const {
    auto text = fmt::format("<g class=\"strip\" transform=\"translate({} {})\">\n", number(left_),
                            number(strip_top_));
    for (const auto& modality : objective_.layout.modalities()) {
        text += path(strip_boxes(kVisible, &modality),
                     fmt::format("fill=\"{}\"", kind_of(modality).colour));
    }
    for (const auto shown : {kMasked, kReplaced, kKept}) {
        text += path(
            strip_boxes(shown, nullptr),
            fmt::format("fill=\"{}\"{}", hidden_fill(shown), small() ? " stroke=\"#000000\"" : ""));
    }
    std::string targets;
    for (std::int64_t token = 0; token < n_; ++token) {
        if (predict_[static_cast<std::size_t>(token)] == 0) continue;
        const double x = static_cast<double>(token) * cell_;
        targets += small() ? box(x + 1, 0, cell_ - 2, kStrip) : box(x, kStrip + 2, cell_, 6);
    }
    text += small() ? outline(targets, mark_width())
                    : path(targets, fmt::format("fill=\"{}\"", kReadout));
    return text + "</g>\n";
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

std::string swatch(std::string_view fill) {
    return fmt::format("<rect width=\"{0}\" height=\"{0}\" fill=\"{1}\"/>\n", number(kSwatch),
                       fill);
}

std::string meaning_of(Aim aim) {
    switch (aim) {
        case Aim::value:
            return "read-out: row predicts column";
        case Aim::latent:
            return "read-out: row predicts column's latent";
        case Aim::contrast:
            return "read-out: row picks column in a batch";
    }
    return "";
}

void Picture::add_tokens(std::vector<LegendLine>& lines) const {
    for (const auto modality : objective_.layout.modalities()) {
        const auto kind = kind_of(modality);
        const auto name = objective_.layout.token_name(objective_.layout.token(0, modality));
        lines.push_back({swatch(kind.colour),
                         fmt::format("<tspan font-weight=\"bold\" fill=\"{}\">{}</tspan>"
                                     "<tspan dx=\"6\">{}</tspan>",
                                     kind.colour, name.substr(0, name.find('_')), kind.name)});
    }
    for (const auto& [shown, text] : {std::pair{kMasked, "hidden: the mask stands for it"},
                                      std::pair{kReplaced, "hidden: another sample's token there"},
                                      std::pair{kKept, "hidden, but left as it is"}}) {
        if (!has(shown)) continue;
        lines.push_back(
            {swatch(hidden_fill(shown) + (small() ? "\" stroke=\"#000000" : "")), text});
    }
}

void Picture::add_marks(std::vector<LegendLine>& lines) const {
    if (has_targets()) {
        const auto mark =
            small() ? swatch(kUnseen) + outline(box(0, 0, kSwatch, kSwatch), 4) : swatch(kReadout);
        lines.push_back({mark, meaning_of(objective_.aim)});
    }
    if (!leaks_.empty()) {
        const auto mark = small()
                              ? swatch(kSeen) + red_line(cross(kSwatch / 2, kSwatch / 2, 6), 2.5)
                              : swatch(kLeak);
        lines.push_back({mark, "leak: a target gets into its own row"});
    }
}

std::vector<Picture::LegendLine> Picture::legend_lines() const {
    std::vector<LegendLine> lines;
    add_tokens(lines);
    lines.push_back({swatch(kSeen), "row may look at column"});
    lines.push_back({swatch(kUnseen), "row may not look at column"});
    add_marks(lines);
    return lines;
}

std::string Picture::legend() const {
    const double x = left_ + side_ + kLegendGap;
    double y = strip_top_;
    std::string text;
    for (const auto& line : legend_lines()) {
        text += fmt::format("<g transform=\"translate({} {})\">\n{}", number(x), number(y),
                            line.swatch);
        text +=
            fmt::format("<text x=\"{}\" y=\"13\">{}</text></g>\n", number(kSwatch + 10), line.text);
        y += kLegendLine;
    }
    return text;
}

std::string Picture::text() const {
    return head() + header() + labels() + strip() + matrix() + readouts() + leak_marks() +
           legend() + "</svg>\n";
}

}  // namespace

std::string draw_svg(const Objective& objective, const std::vector<Leak>& leaks,
                     std::uint64_t seed) {
    return Picture(objective, leaks, seed).text();
}

}  // namespace mast::mask
