#include "picture/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace mast::picture {

namespace {

constexpr std::array<std::pair<double, const char*>, 4> kUnits{
    {{1e3, "k"}, {1e6, "M"}, {1e9, "G"}, {1e12, "T"}}};

/// Without zeros behind the point that say nothing.
std::string trimmed(std::string text) {
    if (text.find('.') == std::string::npos) return text;
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text == "-0" ? "0" : text;
}

/// Digits behind the point so that values a step apart look different.
int decimals_of(double step) {
    return std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 12);
}

}  // namespace

double round_step(double range, int about) {
    const double rough = range / std::max(1, about);
    const double power = std::pow(10.0, std::floor(std::log10(rough)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (factor * power >= rough * (1 - 1e-9)) return factor * power;
    }
    return 10 * power;
}

std::string label_of(double value, double step) {
    const double size = std::abs(value);
    if (size == 0) return "0";
    if (size < 1e-3 || size >= 1e15) {
        const auto power = static_cast<int>(std::floor(std::log10(size) + 1e-9));
        const double unit = std::pow(10.0, power);
        const auto digits = step > 0 ? std::min(4, decimals_of(step / unit)) : 1;
        return fmt::format("{}e{}", trimmed(fmt::format("{:.{}f}", value / unit, digits)), power);
    }
    double unit = 1;
    const char* name = "";
    for (const auto& [larger, letter] : kUnits) {
        // "1002", not "1.002k", beside neighbours that differ by 1.
        if (size < larger || (step > 0 && step < larger / 200)) break;
        unit = larger;
        name = letter;
    }
    const int digits = step > 0 ? decimals_of(step / unit) : (unit == 1 ? 3 : 2);
    return trimmed(fmt::format("{:.{}f}", value / unit, digits)) + name;
}

Axis::Axis(double least, double most, Scale scale, double unit)
    : least_(std::min(least, most)), most_(std::max(least, most)), scale_(scale), unit_(unit) {
    if (scale_ == Scale::logarithmic) {
        if (most_ < least_ * 1.0001) {
            least_ /= 2;
            most_ *= 2;
        }
        return;
    }
    const double size = std::max(std::abs(least_), std::abs(most_));
    if (most_ - least_ > 1e-9 * size) return;
    const double room = size > 0 ? 0.5 * size : 1;
    least_ -= room;
    most_ += room;
}

double Axis::transformed(double value) const {
    switch (scale_) {
        case Scale::linear:
            break;
        case Scale::logarithmic:
            return std::log10(value);
        case Scale::both_signs:
            return std::copysign(std::log10(1 + std::abs(value) / unit_), value);
    }
    return value;
}

double Axis::place(double value) const {
    const double first = transformed(least_);
    return (transformed(value) - first) / (transformed(most_) - first);
}

void Axis::round_out(int about) {
    if (scale_ != Scale::linear) return;
    const double step = round_step(most_ - least_, about);
    least_ = std::floor(least_ / step + 1e-9) * step;
    most_ = std::ceil(most_ / step - 1e-9) * step;
}

std::vector<Tick> Axis::ticks(int about) const {
    std::vector<Tick> ticks;
    const auto add = [&](double value, double step) {
        if (place(value) < -1e-9 || place(value) > 1 + 1e-9) return;
        ticks.push_back({value, label_of(value, step)});
    };
    if (scale_ == Scale::linear) {
        const double step = round_step(most_ - least_, about);
        for (double n = std::ceil(least_ / step - 1e-9); n * step <= most_ + 1e-9 * step; ++n)
            add(n * step, step);
        return ticks;
    }
    if (scale_ == Scale::both_signs) {
        const int top =
            static_cast<int>(std::floor(std::log10(std::max(std::abs(least_), std::abs(most_)))));
        const int bottom = static_cast<int>(std::floor(std::log10(unit_)));
        const int stride = std::max(1, 2 * (top - bottom) / std::max(1, about));
        for (int power = top; power > bottom; power -= stride)
            add(-std::pow(10, power), 0);
        add(0, 0);
        const auto below = static_cast<std::ptrdiff_t>(ticks.size());
        for (int power = top; power > bottom; power -= stride)
            add(std::pow(10, power), 0);
        std::reverse(ticks.begin() + below, ticks.end());
        return ticks;
    }
    const double decades = std::log10(most_ / least_);
    const int stride = std::max(1, static_cast<int>(std::ceil(decades / std::max(1, about))));
    const int first = static_cast<int>(std::floor(std::log10(least_)));
    const int last = static_cast<int>(std::ceil(std::log10(most_)));
    for (int power = first; power <= last; ++power) {
        if (power % stride == 0) add(std::pow(10, power), 0);
        if (decades >= 2) continue;
        // Less than two decades: between powers of ten as well.
        for (const double factor : {2.0, 5.0})
            add(factor * std::pow(10, power), 0);
    }
    if (ticks.size() < 2) {
        const double step = round_step(most_ - least_, about);
        ticks.clear();
        for (double n = std::ceil(least_ / step - 1e-9); n * step <= most_ + 1e-9 * step; ++n)
            add(n * step, step);
    }
    return ticks;
}

}  // namespace mast::picture
