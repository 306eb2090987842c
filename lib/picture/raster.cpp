#include "picture/raster.h"

#include <png.h>

#include <algorithm>
#include <cstdlib>
#include <new>

#include "base/assert.h"

namespace mast::picture {

namespace {

constexpr std::int64_t kBytes = 3;  // of a pixel

}  // namespace

Raster::Raster(std::int64_t width, std::int64_t height, Colour background)
    : width_(width), height_(height) {
    MAST_ASSERT(width > 0 && height > 0);
    bytes_.resize(static_cast<std::size_t>(width * height * kBytes));
    box(0, 0, width, height, background);
}

Colour Raster::at(std::int64_t x, std::int64_t y) const {
    MAST_ASSERT(x >= 0 && x < width_ && y >= 0 && y < height_);
    const auto* const pixel = bytes_.data() + (y * width_ + x) * kBytes;
    return {pixel[0], pixel[1], pixel[2]};
}

void Raster::dot(std::int64_t x, std::int64_t y, Colour colour) {
    if (x < 0 || x >= width_ || y < 0 || y >= height_) return;
    auto* const pixel = bytes_.data() + (y * width_ + x) * kBytes;
    pixel[0] = colour.red;
    pixel[1] = colour.green;
    pixel[2] = colour.blue;
}

void Raster::box(std::int64_t x, std::int64_t y, std::int64_t width, std::int64_t height,
                 Colour colour) {
    for (std::int64_t row = y; row < y + height; ++row) {
        for (std::int64_t column = x; column < x + width; ++column)
            dot(column, row, colour);
    }
}

void Raster::line(std::int64_t x0, std::int64_t y0, std::int64_t x1, std::int64_t y1,
                  Colour colour) {
    const auto steps = std::max({std::abs(x1 - x0), std::abs(y1 - y0), std::int64_t{1}});
    // Rounded to the nearest pixel in whole numbers, so that every machine draws the same.
    const auto between = [steps](std::int64_t from, std::int64_t to, std::int64_t i) {
        const auto twice = 2 * (to - from) * i;
        return from + (twice + (twice < 0 ? -steps : steps)) / (2 * steps);
    };
    for (std::int64_t i = 0; i <= steps; ++i)
        dot(between(x0, x1, i), between(y0, y1, i), colour);
}

std::string Raster::png() const {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(width_);
    image.height = static_cast<png_uint_32>(height_);
    image.format = PNG_FORMAT_RGB;
    png_alloc_size_t size = 0;
    // The first call only counts.
    bool done =
        png_image_write_to_memory(&image, nullptr, &size, 0, bytes_.data(), 0, nullptr) != 0;
    std::string file(size, '\0');
    done = done &&
           png_image_write_to_memory(&image, file.data(), &size, 0, bytes_.data(), 0, nullptr) != 0;
    if (!done) throw std::bad_alloc();  // nothing else can go wrong in memory
    file.resize(size);
    return file;
}

Library png_library() {
    return {"libpng", png_get_libpng_ver(nullptr)};
}

}  // namespace mast::picture
