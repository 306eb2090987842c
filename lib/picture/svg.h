// Pieces of an SVG file, as text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mast::picture::svg {

/// At most two decimals, and none that say nothing.
std::string number(double value);

/// A text between tags: the letters that XML keeps for itself spelt out, and those it cannot say
/// as question marks.
std::string escaped(std::string_view text);

/// Lines of at most `letters` bytes: they end behind a separator where one is near, and never
/// inside a UTF-8 letter.
std::vector<std::string> wrapped(const std::string& text, std::size_t letters);

/// A closed rectangle of a path.
std::string box(double x, double y, double width, double height);

/// The strokes of an X around a point, for a path.
std::string cross(double x, double y, double reach);

/// A whole path; nothing if it has no strokes.
std::string path(const std::string& d, std::string_view attributes);

}  // namespace mast::picture::svg
