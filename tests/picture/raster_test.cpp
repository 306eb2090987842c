#include "picture/raster.h"

#include <doctest/doctest.h>
#include <png.h>

#include <string>
#include <vector>

namespace mast::picture {

namespace {

constexpr Colour kWhite{255, 255, 255};
constexpr Colour kRed{200, 0, 0};

/// What libpng reads back, (height, width, 3).
std::vector<std::uint8_t> decoded(const std::string& file, png_image& image) {
    image = {};
    image.version = PNG_IMAGE_VERSION;
    REQUIRE(png_image_begin_read_from_memory(&image, file.data(), file.size()) != 0);
    image.format = PNG_FORMAT_RGB;
    std::vector<std::uint8_t> pixels(PNG_IMAGE_SIZE(image));
    REQUIRE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr) != 0);
    return pixels;
}

}  // namespace

TEST_CASE("a PNG file holds the pixels that were drawn") {
    Raster raster(7, 5, kWhite);
    raster.box(2, 1, 3, 2, kRed);
    png_image image;
    const auto pixels = decoded(raster.png(), image);
    CHECK(image.width == 7);
    CHECK(image.height == 5);
    for (std::int64_t y = 0; y < 5; ++y) {
        for (std::int64_t x = 0; x < 7; ++x) {
            const bool inside = x >= 2 && x < 5 && y >= 1 && y < 3;
            const auto* const pixel = pixels.data() + (y * 7 + x) * 3;
            CHECK(pixel[0] == (inside ? 200 : 255));
            CHECK(pixel[1] == (inside ? 0 : 255));
            CHECK(raster.at(x, y) == (inside ? kRed : kWhite));
        }
    }
    CHECK(raster.png() == raster.png());
}

TEST_CASE("lines meet both ends, and what lies outside is not drawn") {
    for (const auto& [x, y] : {std::pair{9, 3}, {3, 9}, {0, 9}, {9, 0}, {5, 5}}) {
        Raster raster(10, 10, kWhite);
        raster.line(5, 5, x, y, kRed);
        CHECK(raster.at(5, 5) == kRed);
        CHECK(raster.at(x, y) == kRed);
        Raster back(10, 10, kWhite);
        back.line(x, y, 5, 5, kRed);
        CHECK(back.at(5, 5) == kRed);
    }
    Raster raster(4, 4, kWhite);
    raster.line(-5, -5, 20, 20, kRed);
    raster.box(-2, -2, 3, 3, kRed);
    raster.box(3, 3, 100, 100, kRed);
    CHECK(raster.at(0, 0) == kRed);
    CHECK(raster.at(2, 2) == kRed);
    CHECK(raster.at(3, 3) == kRed);
    CHECK(raster.at(1, 2) == kWhite);
}

}  // namespace mast::picture
