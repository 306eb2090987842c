#include "apply/plot_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "picture/page.h"

namespace mast::apply {

namespace {

using picture::Axis;
using picture::LegendEntry;
using picture::Panel;
using picture::Scale;
using picture::Tick;
using store::End;
using store::Episode;
using store::Modality;

constexpr double kHalfWidth = 400;  ///< of a frame, in pixels
constexpr double kHeight = 170;
constexpr double kWholeWidth = 888;
constexpr std::int64_t kMostBars = 200;  ///< columns that are drawn one by one

struct Ending {
    End end;
    const char* name;
    const char* colour;
};
constexpr std::array<Ending, 3> kEndings{{{End::truncated, "truncated", "s0"},
                                          {End::terminated, "terminated", "s1"},
                                          {End::unfinished, "unfinished", "s7"}}};

/// Equal bins with round edges.
struct Bins {
    double first;
    double width;
    std::int64_t count;

    std::int64_t of(double value) const {
        return std::clamp<std::int64_t>(
            static_cast<std::int64_t>(std::floor((value - first) / width)), 0, count - 1);
    }
};

/// About as many as the square root of the number of values, as Excel and NumPy's "sqrt" have it.
/// Whole numbers are counted one by one where there are few.
Bins bins_of(double least, double most, std::size_t values, bool whole) {
    constexpr double kMostBins = 50;
    const auto about = static_cast<int>(
        std::clamp(std::ceil(std::sqrt(static_cast<double>(values))), 8.0, kMostBins));
    const double range = std::max(most - least, 1e-9 * std::max(1.0, std::abs(most)));
    double width = picture::round_step(range, about);
    if (whole) width = std::max(1.0, width);
    if (most == least) width = whole ? 1 : picture::round_step(std::max(1.0, std::abs(most)), 20);
    double first = std::floor(least / width) * width;
    if (whole && width == 1) first -= 0.5;  // a number in the middle of its bar
    const auto count = static_cast<std::int64_t>(std::floor((most - first) / width)) + 1;
    return {first, width, std::max<std::int64_t>(1, count)};
}

template <class Get>
Panel histogram(const std::string& title, const std::string& unit,
                const std::vector<Episode>& episodes, bool whole, const Get& get) {
    double least = std::numeric_limits<double>::infinity();
    double most = -least;
    for (const auto& episode : episodes) {
        least = std::min(least, get(episode));
        most = std::max(most, get(episode));
    }
    const auto bins = bins_of(least, most, episodes.size(), whole);
    std::vector<std::array<double, kEndings.size()>> counts(static_cast<std::size_t>(bins.count));
    for (const auto& episode : episodes) {
        for (std::size_t e = 0; e < kEndings.size(); ++e) {
            if (episode.end == kEndings[e].end)
                ++counts[static_cast<std::size_t>(bins.of(get(episode)))][e];
        }
    }
    double highest = 1;
    for (const auto& bin : counts)
        highest = std::max(highest, bin[0] + bin[1] + bin[2]);
    // A lone bar stands in the middle of some room.
    const double room = bins.count < 4 ? 4 * bins.width : 0;
    const double last = bins.first + static_cast<double>(bins.count) * bins.width;
    Panel panel(title, unit, {bins.first - room, last + room, Scale::linear},
                {0, highest * 1.05, Scale::linear}, kHalfWidth, kHeight);
    for (std::size_t b = 0; b < counts.size(); ++b) {
        const double left = bins.first + static_cast<double>(b) * bins.width;
        double bottom = 0;
        for (std::size_t e = 0; e < kEndings.size(); ++e) {
            if (counts[b][e] == 0) continue;
            panel.bar(left, left + bins.width, bottom, bottom + counts[b][e], kEndings[e].colour);
            bottom += counts[b][e];
        }
    }
    return panel;
}

/// Columns whose ranges differ too much for one scale are drawn on one that parts them.
Axis values_axis(const store::Statistics& of) {
    const double least = *std::min_element(of.min.begin(), of.min.end());
    const double most = *std::max_element(of.max.begin(), of.max.end());
    std::vector<double> ranges;
    for (std::size_t c = 0; c < of.min.size(); ++c) {
        if (of.max[c] > of.min[c]) ranges.push_back(of.max[c] - of.min[c]);
    }
    if (ranges.empty()) return {least, most, Scale::linear};
    const auto middle = ranges.begin() + static_cast<std::ptrdiff_t>(ranges.size() / 2);
    std::nth_element(ranges.begin(), middle, ranges.end());
    const double room = 0.04 * (most - least);
    if (most - least <= 30 * *middle) return {least - room, most + room, Scale::linear};
    const double unit = std::pow(10, std::floor(std::log10(*middle / 4)));
    return {least, most, Scale::both_signs, unit};
}

/// What neighbouring columns that share a bar are together.
Panel::Range range_of(const store::Statistics& of, std::size_t first, std::size_t last) {
    Panel::Range range{of.min[first], std::numeric_limits<double>::infinity(), 0,
                       -std::numeric_limits<double>::infinity(), of.max[first]};
    for (std::size_t c = first; c < last; ++c) {
        range.least = std::min(range.least, of.min[c]);
        range.most = std::max(range.most, of.max[c]);
        range.low = std::min(range.low, of.mean[c] - of.std[c]);
        range.high = std::max(range.high, of.mean[c] + of.std[c]);
        range.middle += of.mean[c] / static_cast<double>(last - first);
    }
    return range;
}

std::vector<Tick> column_ticks(std::int64_t columns) {
    const auto step = static_cast<std::int64_t>(
        std::max(1.0, picture::round_step(static_cast<double>(columns), 24)));
    std::vector<Tick> ticks;
    for (std::int64_t c = 0; c < columns; c += step)
        ticks.push_back({static_cast<double>(c) + 0.5, fmt::format("{}", c)});
    return ticks;
}

/// The range of each column; `parts` are bracketed where there are several.
Panel ranges(const std::string& title, const store::Statistics& of,
             const std::vector<store::Component>& parts, const char* colour) {
    const auto columns = static_cast<std::int64_t>(of.mean.size());
    Panel panel(title, "in the data's own units", {0, static_cast<double>(columns), Scale::linear},
                values_axis(of), kWholeWidth, kHeight);
    panel.ticks_x(column_ticks(columns));
    const auto bars = std::min(columns, kMostBars);
    for (std::int64_t b = 0; b < bars; ++b) {
        const auto first = b * columns / bars;
        const auto last = (b + 1) * columns / bars;
        panel.range(static_cast<double>(first + last) / 2, static_cast<double>(last - first),
                    range_of(of, static_cast<std::size_t>(first), static_cast<std::size_t>(last)),
                    colour);
    }
    constexpr std::size_t kMostParts = 100;
    if (parts.size() < 2 || parts.size() > kMostParts) {
        panel.label_x("column");
        return panel;
    }
    for (const auto& part : parts) {
        panel.bracket(static_cast<double>(part.first), static_cast<double>(part.first + part.width),
                      part.name);
        if (part.first > 0) panel.part(static_cast<double>(part.first));
    }
    return panel;
}

std::vector<double> count_classes(const store::TrajectoryReader& store,
                                  const std::function<void()>& between) {
    constexpr std::int64_t kBlock = 1 << 16;
    std::vector<double> counts(static_cast<std::size_t>(store.spec().act_dim));
    std::vector<std::int32_t> classes;
    for (std::int64_t row = 0; row < store.steps(); row += kBlock) {
        between();
        classes.resize(static_cast<std::size_t>(std::min(kBlock, store.steps() - row)));
        store.read_classes(row, static_cast<std::int64_t>(classes.size()), classes);
        for (const auto value : classes)
            ++counts[static_cast<std::size_t>(value)];
    }
    return counts;
}

Panel class_counts(const std::vector<double>& counts) {
    const auto classes = static_cast<std::int64_t>(counts.size());
    const double most = *std::max_element(counts.begin(), counts.end());
    Panel panel("Actions", "steps of each class", {0, static_cast<double>(classes), Scale::linear},
                {0, most * 1.05, Scale::linear}, kWholeWidth, kHeight);
    panel.ticks_x(column_ticks(classes));
    const auto bars = std::min<std::int64_t>(classes, 400);
    // Half the width of a bar, in classes; a few pixels wide where there is room, never a wall.
    constexpr double kWidest = 48;
    const double half = 0.5 * static_cast<double>(classes) *
                        std::min(0.85 / static_cast<double>(bars), kWidest / kWholeWidth);
    for (std::int64_t b = 0; b < bars; ++b) {
        const auto first = b * classes / bars;
        const auto last = (b + 1) * classes / bars;
        const double count = *std::max_element(counts.begin() + first, counts.begin() + last);
        const double middle = static_cast<double>(first + last) / 2;
        if (count > 0) panel.bar(middle - half, middle + half, 0, count, "s2");
    }
    panel.label_x("class");
    return panel;
}

std::vector<LegendEntry> legend_of(const store::TrajectoryReader& store) {
    std::vector<LegendEntry> entries;
    for (const auto& ending : kEndings) {
        const auto& episodes = store.episodes();
        const auto count =
            std::count_if(episodes.begin(), episodes.end(),
                          [&](const Episode& episode) { return episode.end == ending.end; });
        if (count > 0) {
            entries.push_back({ending.colour, fmt::format("{} ({})", ending.name, count),
                               LegendEntry::Mark::box});
        }
    }
    entries.push_back({"s7", "least to largest", LegendEntry::Mark::faint});
    entries.push_back({"s7", "mean ± standard deviation", LegendEntry::Mark::box});
    return entries;
}

}  // namespace

std::string plot_store(const store::TrajectoryReader& store, const std::string& name,
                       const std::function<void()>& between) {
    const auto& spec = store.spec();
    const auto& episodes = store.episodes();
    const bool discrete = spec.action_kind == store::ActionKind::discrete;
    picture::Page page(name, fmt::format("{} episodes, {} steps; {} observation columns, {} {}",
                                         episodes.size(), store.steps(), spec.obs_dim, spec.act_dim,
                                         discrete ? "discrete actions" : "action columns"));
    page.legend(legend_of(store));
    page.row({histogram("Episode length", "steps; number of episodes", episodes, true,
                        [](const Episode& e) { return static_cast<double>(e.length); }),
              histogram("Return", "sum of rewards; number of episodes", episodes, false,
                        [](const Episode& e) { return e.episode_return; })});
    page.row({ranges("Observations", store.statistics(Modality::obs), spec.components, "s3")});
    if (discrete) {
        page.row({class_counts(count_classes(store, between))});
    } else {
        page.row({ranges("Actions", store.statistics(Modality::act), {}, "s2")});
    }
    return page.text();
}

}  // namespace mast::apply
