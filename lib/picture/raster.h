// A picture of pixels, drawn in memory and handed over as PNG.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/version.h"

namespace mast::picture {

struct Colour {
    std::uint8_t red = 0;
    std::uint8_t green = 0;
    std::uint8_t blue = 0;

    bool operator==(const Colour&) const = default;
};

/// x counts columns from the left, y rows from the top. What lies outside is not drawn.
class Raster {
  public:
    Raster(std::int64_t width, std::int64_t height, Colour background);

    std::int64_t width() const { return width_; }
    std::int64_t height() const { return height_; }
    Colour at(std::int64_t x, std::int64_t y) const;

    void dot(std::int64_t x, std::int64_t y, Colour colour);
    void box(std::int64_t x, std::int64_t y, std::int64_t width, std::int64_t height,
             Colour colour);
    /// One pixel wide.
    void line(std::int64_t x0, std::int64_t y0, std::int64_t x1, std::int64_t y1, Colour colour);

    /// A PNG file, the same bytes for the same pixels. Throws std::bad_alloc.
    std::string png() const;

  private:
    std::int64_t width_;
    std::int64_t height_;
    std::vector<std::uint8_t> bytes_;  ///< (height, width, 3)
};

/// libpng.
Library png_library();

}  // namespace mast::picture
