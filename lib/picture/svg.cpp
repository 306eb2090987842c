#include "picture/svg.h"

#include <fmt/format.h>

namespace mast::picture::svg {

namespace {

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

}  // namespace

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

std::vector<std::string> wrapped(const std::string& text, std::size_t letters) {
    std::vector<std::string> lines;
    for (std::size_t first = 0; first < text.size();) {
        const std::size_t last = end_of_line(text, first, letters);
        lines.push_back(text.substr(first, last - first));
        first = last;
    }
    return lines;
}

std::string box(double x, double y, double width, double height) {
    const auto w = number(width);
    return fmt::format("M{} {}h{}v{}h-{}z", number(x), number(y), w, number(height), w);
}

std::string path(const std::string& d, std::string_view attributes) {
    return d.empty() ? "" : fmt::format(R"(<path d="{}" {}/>)", d, attributes) + "\n";
}

std::string cross(double x, double y, double reach) {
    const auto side = number(2 * reach);
    return fmt::format("M{} {}l{} {}m0 -{}l-{} {}", number(x - reach), number(y - reach), side,
                       side, side, side, side);
}

}  // namespace mast::picture::svg
