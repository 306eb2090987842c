// The course of trainings as a picture.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace mast::apply {

/// A run folder, finished or under way, and what the picture calls it.
struct PlottedRun {
    std::filesystem::path folder;
    std::string name;
};

/// More cannot be told apart by their colours.
inline constexpr std::size_t kMostRuns = 8;

/// The losses of each objective (held-out ones dashed), gradient norm, learning rate and speed over
/// the steps, a colour for each run: a whole SVG file, whose size does not grow with the steps.
/// `between` is called now and then and may throw to stop. Throws IoError or DataError.
std::string plot_runs(const std::vector<PlottedRun>& runs, const std::function<void()>& between);

}  // namespace mast::apply
