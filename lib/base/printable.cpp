#include "base/printable.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace mast {

namespace {

std::uint8_t byte_at(std::string_view text, std::size_t place) {
    return place < text.size() ? static_cast<std::uint8_t>(text[place]) : 0;
}

/// Bytes of the character that starts here; 0 if none does. Unicode 15, table 3-7: no overlong
/// forms, no surrogates, nothing above U+10FFFF.
std::size_t character_size(std::string_view text) {
    const auto first = byte_at(text, 0);
    const auto second = byte_at(text, 1);
    const auto inside = [](std::uint8_t byte) { return byte >= 0x80 && byte <= 0xBF; };
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return inside(second) ? 2 : 0;
    const auto least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const auto most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (first < 0xE0 || first > 0xF4 || second < least || second > most) return 0;
    if (!inside(byte_at(text, 2))) return 0;
    if (first < 0xF0) return 3;
    return inside(byte_at(text, 3)) ? 4 : 0;
}

/// C0, DEL and C1: what terminals obey.
bool is_control(std::string_view character) {
    const auto first = byte_at(character, 0);
    return first < 0x20 || first == 0x7F || (first == 0xC2 && byte_at(character, 1) < 0xA0);
}

}  // namespace

std::string printable(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const auto size = character_size(text);
        const auto piece = text.substr(0, size == 0 ? 1 : size);
        text.remove_prefix(piece.size());
        if (size != 0 && !is_control(piece)) {
            result += piece;
        } else if (piece == "\n") {
            result += "\\n";
        } else {
            for (const char c : piece)
                result += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(c));
        }
    }
    return result;
}

}  // namespace mast
