#include "mask/spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/suggest.h"

namespace mast::mask {

namespace {

bool is_word(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

/// The next comma outside of parentheses, which belong to expressions.
std::size_t next_comma(const std::string& text, std::size_t from) {
    int depth = 0;
    for (std::size_t i = from; i < text.size(); ++i) {
        if (text[i] == '(') ++depth;
        if (text[i] == ')') --depth;
        if (text[i] == ',' && depth <= 0) return i;
    }
    return text.size();
}

template <class T>
std::optional<T> parse(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool inside(const std::optional<double>& value, double least, double most) {
    return value && *value >= least && *value <= most;  // false for nan
}

}  // namespace

bool is_label(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

Spec::Spec(const std::string& text) : text_(text) {
    const auto colon = std::min(text.find(':'), text.size());
    name_ = text.substr(0, colon);
    if (!is_word(name_)) {
        refuse_at(1, "expected the name of an objective in small letters, e.g. inverse:k=2");
    }
    for (std::size_t first = colon + 1; colon < text.size() && first <= text.size();) {
        const auto comma = next_comma(text, first);
        read_argument(first, comma);
        first = comma + 1;
    }
}

void Spec::read_argument(std::size_t first, std::size_t end) {
    const auto equals = text_.find('=', first);
    const std::string key = text_.substr(first, std::min(equals, end) - first);
    if (equals >= end || !is_word(key)) {
        refuse_at(first + 1, fmt::format("\"{}\" is not KEY=VALUE, expected e.g. weight=0.5",
                                         text_.substr(first, end - first)));
    }
    if (equals + 1 == end) {
        refuse_at(end + 1, fmt::format("{} has no value, expected {}=VALUE", key, key));
    }
    const Value value{text_.substr(equals + 1, end - equals - 1), first + 1, equals + 2, false};
    if (!values_.emplace(key, value).second) {
        refuse_at(first + 1, fmt::format("{} is there twice, expected it once", key));
    }
}

std::int64_t Spec::whole(const std::string& key, std::int64_t otherwise, std::int64_t least,
                         std::int64_t most) {
    const auto* value = ask(key);
    if (value == nullptr) return otherwise;
    const auto number = parse<std::int64_t>(value->text);
    if (!number || *number < least || *number > most) {
        refuse(key, fmt::format("a whole number from {} to {}", least, most));
    }
    return *number;
}

double Spec::number(const std::string& key, double otherwise, double least, double most) {
    const auto* value = ask(key);
    if (value == nullptr) return otherwise;
    const auto number = parse<double>(value->text);
    if (!inside(number, least, most)) {
        refuse(key, fmt::format("a number from {} to {}", least, most));
    }
    return *number;
}

std::pair<double, double> Spec::range(const std::string& key, std::pair<double, double> otherwise,
                                      double least, double most) {
    const auto* value = ask(key);
    if (value == nullptr) return otherwise;
    const std::string_view text = value->text;
    const auto dots = text.find("..");
    const bool single = dots == std::string_view::npos;
    const auto low = parse<double>(text.substr(0, dots));
    const auto high = single ? low : parse<double>(text.substr(dots + 2));
    if (!inside(low, least, most) || !inside(high, least, most) || *low > *high) {
        refuse(key,
               fmt::format("a number from {} to {}, or a range such as 0.15..0.6", least, most));
    }
    return {*low, *high};
}

std::string Spec::word(const std::string& key, const std::string& otherwise) {
    const auto* value = ask(key);
    return value == nullptr ? otherwise : value->text;
}

std::string Spec::label(const std::string& key, const std::string& otherwise) {
    auto text = word(key, otherwise);
    if (!is_label(text)) refuse(key, "letters, digits, - and _");
    return text;
}

bool Spec::flag(const std::string& key, bool otherwise) {
    const auto* value = ask(key);
    if (value == nullptr) return otherwise;
    if (value->text != "true" && value->text != "false") refuse(key, "true or false");
    return value->text == "true";
}

std::vector<std::string> Spec::list(const std::string& key) {
    std::vector<std::string> parts;
    const auto* value = ask(key);
    if (value == nullptr) return parts;
    for (std::size_t first = 0; first <= value->text.size();) {
        const auto plus = std::min(value->text.find('+', first), value->text.size());
        parts.push_back(value->text.substr(first, plus - first));
        first = plus + 1;
    }
    return parts;
}

bool Spec::has(const std::string& key) {
    return ask(key) != nullptr;
}

const Spec::Value* Spec::ask(const std::string& key) {
    if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) asked_.push_back(key);
    const auto found = values_.find(key);
    if (found == values_.end()) return nullptr;
    found->second.known = true;
    return &found->second;
}

void Spec::refuse_unknown() const {
    const std::vector<std::string_view> keys(asked_.begin(), asked_.end());
    for (const auto& [key, value] : values_) {
        if (value.known) continue;
        refuse_at(value.key_column,
                  fmt::format("{} is not an argument of {}, expected one of {}{}", key, name_,
                              fmt::join(keys, ", "), did_you_mean(key, keys)));
    }
}

void Spec::refuse(const std::string& key, const std::string& expected) const {
    const auto found = values_.find(key);
    if (found == values_.end()) {
        refuse_at(1, fmt::format("{} needs {}, expected {}", name_, key, expected));
    }
    refuse_at(found->second.column,
              fmt::format("{} is \"{}\", expected {}", key, found->second.text, expected));
}

void Spec::need_two_steps(std::int64_t steps, const char* what) const {
    if (steps >= 2) return;
    fail<UsageError>(
        "objective \"{}\": {}, but the context is {}, expected at least 2 (use a longer context)",
        text_, what, steps);
}

void Spec::refuse_at(std::size_t column, const std::string& what) const {
    fail<UsageError>("objective \"{}\": column {}: {}", text_, column, what);
}

}  // namespace mast::mask
