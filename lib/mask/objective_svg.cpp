#include "mask/objective_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "mask/objective_picture.h"
#include "picture/svg.h"

namespace mast::mask {

using picture::svg::box;
using picture::svg::cross;
using picture::svg::escaped;
using picture::svg::number;
using picture::svg::path;
using picture::svg::wrapped;

namespace {

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

/// "o_12" with a lowered 12.
std::string with_subscript(const std::string& name) {
    const auto bar = name.find('_');
    return fmt::format(R"({}<tspan dy="3" font-size="10">{}</tspan>)", name.substr(0, bar),
                       name.substr(bar + 1));
}

}  // namespace

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

namespace {

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

}  // namespace

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

std::string draw_svg(const Objective& objective, const std::vector<Leak>& leaks,
                     std::uint64_t seed) {
    return Picture(objective, leaks, seed).text();
}

}  // namespace mast::mask
