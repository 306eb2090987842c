#include "apply/plot_run.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "base/error.h"
#include "picture/page.h"
#include "train/event_log.h"
#include "train/metrics_log.h"
#include "train/run_folder.h"

namespace mast::apply {

namespace {

using picture::Axis;
using picture::LegendEntry;
using picture::Panel;
using picture::Scale;
using picture::Trace;

constexpr double kWidth = 400;  ///< of a frame, in pixels
constexpr double kHeight = 170;
constexpr std::int64_t kColumns = 400;  ///< a pixel each, at most
constexpr std::size_t kMostPanels = 40;
constexpr std::string_view kHeldOut = "val_";
constexpr const char* kSpeedTag = "training/tokens_per_second";

/// What one run tells under one key.
struct Course {
    Trace training{kColumns};
    Trace held_out{kColumns};
};

/// A panel to be: the courses of all runs under one key.
struct Subject {
    std::string title, unit;
    bool from_zero = false;       ///< on a linear axis; else as its values ask for
    std::vector<Course> courses;  ///< of each run
};

class Subjects {
  public:
    explicit Subjects(std::size_t runs) : runs_(runs) {}

    Course& of(const std::string& key, std::size_t run) {
        const auto [found, is_new] = places_.try_emplace(key, subjects_.size());
        if (is_new) {
            subjects_.push_back(described(key));
            subjects_.back().courses.resize(runs_);
        }
        return subjects_[found->second].courses[run];
    }

    /// Losses first, in the order of the objectives; then what is no loss.
    std::vector<Subject> ordered() && {
        std::stable_partition(subjects_.begin(), subjects_.end(), [](const Subject& subject) {
            return subject.title.starts_with("Loss");
        });
        return std::move(subjects_);
    }

  private:
    static Subject described(const std::string& key) {
        if (key == "grad_norm") return {"Gradient norm", "before clipping", false, {}};
        if (key == "lr") return {"Learning rate", "", true, {}};
        if (key == kSpeedTag) return {"Speed", "tokens/s", true, {}};
        return {"Loss of " + key.substr(std::string_view("loss_").size()), "", false, {}};
    }

    std::size_t runs_;
    std::map<std::string, std::size_t> places_;
    std::vector<Subject> subjects_;
};

bool is_drawn(std::string_view key) {
    return key == "grad_norm" || key == "lr" || key.starts_with("loss_");
}

void read_run(const PlottedRun& run, std::size_t number, Subjects& subjects,
              const std::function<void()>& between) {
    const auto metrics = run.folder / train::kMetricsFile;
    std::int64_t lines = 0;
    train::read_metrics(metrics, [&](std::int64_t step, const auto& numbers) {
        if (++lines % 1024 == 0) between();
        for (const auto& [key, value] : numbers) {
            const bool held_out = key.starts_with(kHeldOut);
            const auto bare = held_out ? key.substr(kHeldOut.size()) : key;
            if (!is_drawn(bare)) continue;
            auto& course = subjects.of(bare, number);
            (held_out ? course.held_out : course.training).add(static_cast<double>(step), value);
        }
    });
    if (lines == 0) {
        fail<DataError>("{}: tells of no step yet, expected one at least (wait for the training)",
                        metrics.string());
    }
    train::read_scalars(run.folder / train::kSpeedFile, kSpeedTag, [&](auto step, double value) {
        subjects.of(kSpeedTag, number).training.add(static_cast<double>(step), value);
    });
}

struct Bounds {
    double least = std::numeric_limits<double>::infinity();
    double most = -std::numeric_limits<double>::infinity();

    void take(double value) {
        least = std::min(least, value);
        most = std::max(most, value);
    }
    bool empty() const { return least > most; }
};

/// What falls through decades is seen on a logarithmic axis only.
Axis axis_of(const Bounds& bounds, bool from_zero) {
    if (bounds.empty()) return {0, 1, Scale::linear};
    if (from_zero) return {0, 1.06 * bounds.most, Scale::linear};
    if (bounds.least > 0 && bounds.most > 8 * bounds.least) {
        return {bounds.least / 1.1, bounds.most * 1.1, Scale::logarithmic};
    }
    const bool near_zero = bounds.least >= 0 && bounds.least < 0.5 * bounds.most;
    const double room = 0.06 * (bounds.most - bounds.least);
    Axis axis(near_zero ? 0 : bounds.least - room, bounds.most + room, Scale::linear);
    return axis;
}

Panel panel_of(const Subject& subject, double last_step) {
    Bounds bounds;
    for (const auto& course : subject.courses) {
        for (const auto* trace : {&course.training, &course.held_out}) {
            for (const auto& column : trace->columns()) {
                bounds.take(column.least);
                bounds.take(column.most);
            }
        }
    }
    Panel panel(subject.title, subject.unit, {0, last_step, Scale::linear},
                axis_of(bounds, subject.from_zero), kWidth, kHeight);
    for (std::size_t r = 0; r < subject.courses.size(); ++r) {
        const auto colour = picture::colour_class(r);
        panel.trace(subject.courses[r].training, colour, Panel::Line::whole);
        panel.trace(subject.courses[r].held_out, colour, Panel::Line::dashed);
    }
    panel.label_x("step");
    return panel;
}

bool any_held_out(const std::vector<Subject>& subjects) {
    return std::any_of(subjects.begin(), subjects.end(), [](const Subject& subject) {
        return std::any_of(subject.courses.begin(), subject.courses.end(),
                           [](const Course& course) { return !course.held_out.empty(); });
    });
}

double last_step_of(const std::vector<Subject>& subjects) {
    double last = 1;
    for (const auto& subject : subjects) {
        for (const auto& course : subject.courses) {
            if (!course.training.empty()) last = std::max(last, course.training.last_place());
        }
    }
    return last;
}

std::vector<LegendEntry> legend_of(const std::vector<PlottedRun>& runs, bool held_out) {
    std::vector<LegendEntry> entries;
    if (runs.size() > 1) {
        for (std::size_t r = 0; r < runs.size(); ++r)
            entries.push_back({picture::colour_class(r), runs[r].name, LegendEntry::Mark::box});
    }
    if (held_out) {
        const std::string colour = runs.size() > 1 ? "s7" : "s0";
        entries.push_back({colour, "training", LegendEntry::Mark::line});
        entries.push_back({colour, "held out", LegendEntry::Mark::dashed});
    }
    return entries;
}

}  // namespace

std::string plot_runs(const std::vector<PlottedRun>& runs, const std::function<void()>& between) {
    Subjects found(runs.size());
    for (std::size_t r = 0; r < runs.size(); ++r)
        read_run(runs[r], r, found, between);
    auto subjects = std::move(found).ordered();
    const auto left_out = subjects.size() - std::min(subjects.size(), kMostPanels);
    subjects.resize(subjects.size() - left_out);
    const auto last = last_step_of(subjects);
    std::string subtitle = fmt::format("{:.0f} steps", last);
    if (left_out > 0) subtitle += fmt::format("; {} more objectives are not drawn", left_out);
    picture::Page page(runs.size() == 1 ? runs[0].name : fmt::format("{} runs", runs.size()),
                       subtitle);
    page.legend(legend_of(runs, any_held_out(subjects)));
    for (std::size_t i = 0; i < subjects.size(); i += 2) {
        std::vector<Panel> row{panel_of(subjects[i], last)};
        if (i + 1 < subjects.size()) row.push_back(panel_of(subjects[i + 1], last));
        page.row(std::move(row));
    }
    return page.text();
}

}  // namespace mast::apply
