// A frame with two axes, and what is drawn inside it, as the text of an SVG file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "picture/axis.h"
#include "picture/trace.h"

namespace mast::picture {

/// Colours are classes of the page: s0 .. s7.
inline constexpr std::int64_t kColours = 8;
std::string colour_class(std::size_t number);

class Panel {
  public:
    /// Size without title and labels, in pixels; `unit` stands at the end of the title.
    Panel(std::string title, std::string unit, const Axis& x, const Axis& y, double width,
          double height);

    enum class Line : std::uint8_t { whole, dashed };
    /// Means as a line, what lies between least and most as a band behind it.
    void trace(const Trace& trace, std::string_view colour, Line line);
    /// From `bottom` to `top` between two places of x.
    void bar(double left, double right, double bottom, double top, std::string_view colour);
    /// A range of values at one place: least to most thin, `low` to `high` thick, `middle` across.
    struct Range {
        double least, low, middle, high, most;
    };
    void range(double place, double width, const Range& range, std::string_view colour);
    /// A word under the frame, centred between two places, over a line that spans them.
    void bracket(double left, double right, std::string_view text);
    /// A vertical line from top to bottom.
    void part(double place);
    /// What stands below the frame; "" for none.
    void label_x(std::string text) { x_label_ = std::move(text); }
    /// Instead of round values: where numbers of x do not count anything.
    void ticks_x(std::vector<Tick> ticks);

    /// With its upper left corner, of the title, at (left, top).
    std::string text(double left, double top) const;
    /// What its text takes up.
    double whole_width() const;
    double whole_height() const;

  private:
    double x_of(double value) const { return x_.place(value) * width_; }
    double y_of(double value) const { return (1 - y_.place(value)) * height_; }

    std::string title_, unit_, x_label_;
    Axis x_, y_;
    double width_, height_;
    std::vector<Tick> x_ticks_;
    bool brackets_ = false;
    std::string marks_;  ///< inside the frame
    std::string below_;  ///< under it
};

}  // namespace mast::picture
