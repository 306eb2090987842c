#include "picture/panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "picture/svg.h"

namespace mast::picture {

using svg::escaped;
using svg::number;

namespace {

constexpr double kTitle = 26;      ///< height
constexpr double kLeft = 52;       ///< for labels of y
constexpr double kRight = 12;      ///< for half a label of x
constexpr double kTicks = 20;      ///< height of labels of x
constexpr double kXLabel = 16;     ///< height
constexpr double kBracket = 22;    ///< height
constexpr double kTickWidth = 64;  ///< of x, at least between two
constexpr double kTickHeight = 34;
constexpr double kThinnest = 1;  ///< of what would be too narrow to see

std::string line(double x0, double y0, double x1, double y1, std::string_view what) {
    return fmt::format("<path class=\"{}\" d=\"M{} {}L{} {}\"/>\n", what, number(x0), number(y0),
                       number(x1), number(y1));
}

std::string word(double x, double y, std::string_view anchor, std::string_view text) {
    return fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"{}\">{}</text>\n", number(x),
                       number(y), anchor, escaped(text));
}

/// Cut behind so many letters, never inside one.
std::string cut(const std::string& text, std::size_t letters) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
        if (begins && ++count > letters) return text.substr(0, i) + "…";
    }
    return text;
}

}  // namespace

std::string colour_class(std::size_t number) {
    return fmt::format("s{}", number % static_cast<std::size_t>(kColours));
}

Panel::Panel(std::string title, std::string unit, const Axis& x, const Axis& y, double width,
             double height)
    : title_(std::move(title)),
      unit_(std::move(unit)),
      x_(x),
      y_(y),
      width_(width),
      height_(height),
      x_ticks_(x_.ticks(static_cast<int>(width / kTickWidth))) {}

void Panel::ticks_x(std::vector<Tick> ticks) {
    x_ticks_ = std::move(ticks);
}

void Panel::trace(const Trace& trace, std::string_view colour, Line line) {
    const auto columns = trace.columns();
    if (columns.empty()) return;
    std::string course;
    std::string upper;
    std::string lower;
    bool wide = false;
    const auto clipped = [&](double value) {
        return number(std::clamp(y_of(value), 0.0, height_));
    };
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const auto x = number(x_of(columns[i].place));
        course += fmt::format("{}{} {}", i == 0 ? "M" : "L", x, clipped(columns[i].mean));
        upper += fmt::format("{}{} {}", i == 0 ? "M" : "L", x, clipped(columns[i].most));
        wide = wide || columns[i].most > columns[i].least;
    }
    if (wide) {
        for (std::size_t i = columns.size(); i-- > 0;)
            lower +=
                fmt::format("L{} {}", number(x_of(columns[i].place)), clipped(columns[i].least));
        marks_ += fmt::format("<path class=\"band {}\" d=\"{}{}z\"/>\n", colour, upper, lower);
    }
    if (columns.size() == 1) {
        marks_ += fmt::format("<circle class=\"{}\" cx=\"{}\" cy=\"{}\" r=\"2.5\"/>\n", colour,
                              number(x_of(columns[0].place)), clipped(columns[0].mean));
        return;
    }
    marks_ += fmt::format("<path class=\"line {}{}\" d=\"{}\"/>\n", colour,
                          line == Line::dashed ? " dashed" : "", course);
}

void Panel::bar(double left, double right, double bottom, double top, std::string_view colour) {
    const double x0 = x_of(left);
    const double x1 = x_of(right);
    const double y1 = y_of(bottom);
    // A gap of a pixel, where there is room for one.
    const double gap = x1 - x0 > 4 ? 1 : 0;
    const double height = std::max(y1 - y_of(top), kThinnest);
    marks_ += fmt::format("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n",
                          colour, number(x0 + gap / 2), number(y1 - height),
                          number(std::max(x1 - x0 - gap, kThinnest)), number(height));
}

void Panel::range(double place, double width, const Range& range, std::string_view colour) {
    const double x = x_of(place);
    const double half = std::max(0.5, std::min(10.0, 0.35 * (x_of(place + width) - x)));
    const auto box = [&](double left, double low, double high, std::string_view what) {
        const double top = y_of(high);
        const double height = std::max(kThinnest, y_of(low) - top);
        return fmt::format("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n",
                           what, number(x - left), number(top), number(2 * left), number(height));
    };
    marks_ += box(half, range.least, range.most, fmt::format("faint {}", colour));
    marks_ += box(half, std::max(range.low, range.least), std::min(range.high, range.most), colour);
    marks_ += line(x - half, y_of(range.middle), x + half, y_of(range.middle), "middle");
}

void Panel::bracket(double left, double right, std::string_view text) {
    brackets_ = true;
    const double x0 = x_of(left) + 2;
    const double x1 = x_of(right) - 2;
    const double y = height_ + kTicks + 2;
    below_ += line(x0, y, x1, y, "frame");
    // About as wide as its letters; a name that has no room would run into its neighbours.
    const auto room = static_cast<std::size_t>(std::max(0.0, (x1 - x0) / 6.2));
    auto shown = std::string(text);
    if (shown.size() > room) {
        const auto slash = shown.rfind('/');
        if (slash != std::string::npos) shown.erase(0, slash + 1);
    }
    if (shown.size() > room) return;
    below_ +=
        fmt::format("<text class=\"unit\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                    number((x0 + x1) / 2), number(y + 14), escaped(shown));
}

void Panel::part(double place) {
    marks_ += line(x_of(place), 0, x_of(place), height_, "grid");
}

double Panel::whole_width() const {
    return kLeft + width_ + kRight;
}

double Panel::whole_height() const {
    return kTitle + height_ + kTicks + (brackets_ ? kBracket : 0) +
           (x_label_.empty() ? 0 : kXLabel);
}

std::string Panel::text(double left, double top) const {
    std::string out = fmt::format("<g transform=\"translate({} {})\">\n", number(left + kLeft),
                                  number(top + kTitle));
    constexpr double kTitleLetter = 8.6;
    const auto room = static_cast<std::size_t>(
        std::max(8.0, width_ / kTitleLetter - static_cast<double>(unit_.size())));
    const auto unit = unit_.empty()
                          ? ""
                          : fmt::format(R"(<tspan class="unit" dx="8">{}</tspan>)", escaped(unit_));
    out += fmt::format(R"(<text class="title" x="0" y="-9">{}{}</text>)"
                       "\n",
                       escaped(cut(title_, room)), unit);
    for (const auto& tick : y_.ticks(static_cast<int>(height_ / kTickHeight))) {
        const double y = y_of(tick.value);
        out += line(0, y, width_, y, "grid");
        out += word(-7, y + 4, "end", tick.label);
    }
    for (const auto& tick : x_ticks_) {
        const double x = x_of(tick.value);
        out += line(x, height_, x, height_ + 4, "frame");
        out += word(x, height_ + 17, "middle", tick.label);
    }
    out += marks_ + below_ + line(0, height_, width_, height_, "frame");
    if (!x_label_.empty())
        out += fmt::format("<text class=\"unit\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n",
                           number(width_), number(whole_height() - kTitle - 3), escaped(x_label_));
    return out + "</g>\n";
}

}  // namespace mast::picture
