#include "train/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

#include "base/matrix.h"
#include "train/explained_variance.h"
#include "train/step_rows.h"

namespace mast::train {

using store::Modality;

namespace {

constexpr double kGivenAway = 0.999;  ///< R^2 above which a column follows from others
constexpr double kAnswered = 0.9999;  ///< R^2 above which an objective is arithmetic
constexpr double kSame = 1 - 1e-9;    ///< |correlation| above which columns say the same
using View = Matrix<const double>;

View view_of(const std::vector<double>& values, std::int64_t rows, std::int64_t columns) {
    return {std::span(values), rows, columns};
}

/// Rows of both, side by side.
std::vector<double> joined(View a, View b) {
    std::vector<double> out;
    out.reserve(static_cast<std::size_t>(a.rows * (a.cols + b.cols)));
    for (std::int64_t r = 0; r < a.rows; ++r) {
        out.insert(out.end(), a.row(r), a.row(r) + a.cols);
        out.insert(out.end(), b.row(r), b.row(r) + b.cols);
    }
    return out;
}

/// Columns as a person finds them again.
class Names {
  public:
    explicit Names(const store::TrajectorySpec& spec) : spec_(spec) {}

    /// "obs[17] (prev_action[0])"; without the index for a component of one column.
    std::string obs(std::int64_t column) const {
        for (const auto& part : spec_.components) {
            const auto inside = column - part.first;
            if (inside < 0 || inside >= part.width) continue;
            if (part.width == 1) return fmt::format("obs[{}] ({})", column, part.name);
            return fmt::format("obs[{}] ({}[{}])", column, part.name, inside);
        }
        return fmt::format("obs[{}]", column);
    }
    /// "act[2]", or "act is 2" for a class.
    std::string act(std::int64_t column) const {
        return discrete() ? fmt::format("act is {}", column) : fmt::format("act[{}]", column);
    }
    bool discrete() const { return spec_.action_kind == store::ActionKind::discrete; }

  private:
    const store::TrajectorySpec& spec_;
};

/// The sums of one pass and what follows from them.
class Audit {
  public:
    Audit(const store::TrajectoryReader& store, const AuditLimits& limits);

    /// Multiplications for each step.
    double work() const;
    void add(const StepRows& rows);
    std::vector<AuditFinding> findings();
    void note_sampling(std::int64_t stride);

  private:
    void add_pairs(const StepRows& rows);
    bool usable(const std::optional<ExplainedVariance>& fit) const;
    void report(std::string kind, std::string what, double value, std::string text);
    void report_previous_actions();
    void report_rewards();
    void report_reward_fit(const std::optional<ExplainedVariance>& fit, const char* kind,
                           const char* text);
    void report_actions_in_observations();
    void report_duplicates();
    void report_constants();
    void report_constants_of(Modality modality, const char* text);
    void report_skipped();
    void report_too_few(const std::optional<ExplainedVariance>& fit, const char* what);
    void report_measures();
    void report_measure(const char* kind, const std::vector<double>& r2, bool both);
    bool reward_varies() const;

    const store::TrajectoryReader& store_;
    AuditLimits limits_;
    Names names_;
    std::int64_t obs_dim_, act_dim_;
    std::optional<ExplainedVariance> act_to_obs_;          ///< a_t -> o_t
    std::optional<ExplainedVariance> act_to_next_obs_;     ///< a_t -> o_t+1
    std::optional<ExplainedVariance> step_to_reward_;      ///< o_t, a_t -> r_t
    std::optional<ExplainedVariance> next_obs_to_reward_;  ///< o_t+1 -> r_t
    std::optional<ExplainedVariance> pair_to_act_;         ///< o_t, o_t+1 -> a_t
    double reward_square_ = 0;  ///< sum of squares of the standardised reward
    double reward_error_ = 0;   ///< the same of what the returns-to-go leave of it
    std::vector<AuditFinding> findings_;
};

Audit::Audit(const store::TrajectoryReader& store, const AuditLimits& limits)
    : store_(store),
      limits_(limits),
      names_(store.spec()),
      obs_dim_(store.spec().obs_dim),
      act_dim_(store.spec().act_dim) {
    if (act_dim_ > limits.columns) return;
    if (act_dim_ * obs_dim_ <= 2 * limits.columns * limits.columns) {
        act_to_obs_.emplace(act_dim_, obs_dim_);
        act_to_next_obs_.emplace(act_dim_, obs_dim_);
    }
    if (obs_dim_ > limits.columns) return;
    step_to_reward_.emplace(obs_dim_ + act_dim_, 1);
    next_obs_to_reward_.emplace(obs_dim_, 1);
    pair_to_act_.emplace(2 * obs_dim_, act_dim_);
}

double Audit::work() const {
    const auto obs = static_cast<double>(obs_dim_);
    const auto act = static_cast<double>(act_dim_);
    double sum = 0;
    if (act_to_obs_) sum += 2 * act * (act / 2 + obs);
    if (pair_to_act_) {
        sum += (obs + act) * (obs + act) / 2 + obs * obs / 2 + 2 * obs * (obs + act);
    }
    return sum;
}

void Audit::add(const StepRows& rows) {
    const auto obs = view_of(rows.obs, rows.steps, obs_dim_);
    const auto act = view_of(rows.act, rows.steps, act_dim_);
    if (act_to_obs_) act_to_obs_->add(act, obs);
    if (step_to_reward_) {
        const auto both = joined(obs, act);
        step_to_reward_->add(view_of(both, rows.steps, obs_dim_ + act_dim_),
                             view_of(rows.rew, rows.steps, 1));
    }
    for (std::size_t t = 0; t < rows.rew.size(); ++t) {
        const double error = rows.rew_by_returns[t] - rows.rew[t];
        reward_square_ += rows.rew[t] * rows.rew[t];
        reward_error_ += error * error;
    }
    if (rows.pairs > 0) add_pairs(rows);
}

void Audit::add_pairs(const StepRows& rows) {
    const auto obs = view_of(rows.obs, rows.pairs, obs_dim_);
    const auto act = view_of(rows.act, rows.pairs, act_dim_);
    const View next(rows.obs.data() + obs_dim_, rows.pairs, obs_dim_);
    if (act_to_next_obs_) act_to_next_obs_->add(act, next);
    if (!pair_to_act_) return;
    next_obs_to_reward_->add(next, view_of(rows.rew, rows.pairs, 1));
    const auto both = joined(obs, next);
    pair_to_act_->add(view_of(both, rows.pairs, 2 * obs_dim_), act);
}

bool Audit::usable(const std::optional<ExplainedVariance>& fit) const {
    return fit && fit->enough_rows();
}

void Audit::report(std::string kind, std::string what, double value, std::string text) {
    findings_.push_back({std::move(kind), std::move(what), value, std::move(text)});
}

void Audit::report_previous_actions() {
    if (!usable(act_to_next_obs_)) return;
    const auto r2 = act_to_next_obs_->r2();
    for (std::int64_t c = 0; c < obs_dim_; ++c) {
        const double value = r2[static_cast<std::size_t>(c)];
        if (!(value > kGivenAway)) continue;
        report("previous_action", names_.obs(c), value,
               "o_t is a linear map of a_t-1 here, which every row that sees o_t is told: take the "
               "column out of the recording before mast ingest");
    }
}

bool Audit::reward_varies() const {
    const auto& statistics = store_.statistics(Modality::rew);
    return reward_square_ > 0 && statistics.max.front() > statistics.min.front();
}

void Audit::report_rewards() {
    if (!reward_varies()) return;
    const double discount = store_.spec().discount;
    const auto next = discount == 1 ? "R_t+1" : fmt::format("{:g} R_t+1", discount);
    report("reward_from_returns", "rew", 1 - reward_error_ / reward_square_,
           fmt::format("r_t is R_t - {}, so an objective that predicts rew or rtg beside the other "
                       "does arithmetic: put only one of them into --tokens",
                       next));
    report_reward_fit(step_to_reward_, "reward_from_step",
                      "r_t is a linear map of o_t and a_t, so a reward can carry the action: leave "
                      "rew and rtg out of --tokens where actions are predicted");
    report_reward_fit(next_obs_to_reward_, "reward_from_next_observation",
                      "r_t is a linear map of o_t+1, so a reward tells a part of it: leave rew and "
                      "rtg out of --tokens where observations are predicted");
}

void Audit::report_reward_fit(const std::optional<ExplainedVariance>& fit, const char* kind,
                              const char* text) {
    if (!usable(fit)) return;
    const double value = fit->r2().front();
    if (value > kGivenAway) report(kind, "rew", value, text);
}

void Audit::report_actions_in_observations() {
    if (!usable(act_to_obs_)) return;
    constexpr auto kText =
        "o_t holds a_t itself, which every row that sees o_t is told: take the column out of the "
        "recording before mast ingest";
    // The number of a class is a linear map of all its columns and need not be like any one.
    const auto r2 = names_.discrete() ? act_to_obs_->r2() : std::vector<double>{};
    for (std::int64_t c = 0; c < obs_dim_; ++c) {
        if (names_.discrete()) {
            const double value = r2[static_cast<std::size_t>(c)];
            if (value > kSame) report("duplicate", names_.obs(c) + " and act", value, kText);
            continue;
        }
        for (std::int64_t a = 0; a < act_dim_; ++a) {
            const double value = act_to_obs_->target_correlation(a, c);
            if (!(std::abs(value) > kSame)) continue;
            report("duplicate", names_.obs(c) + " and " + names_.act(a), value, kText);
            break;
        }
    }
}

void Audit::report_duplicates() {
    if (!usable(step_to_reward_)) return;
    for (std::int64_t c = 1; c < obs_dim_; ++c) {
        for (std::int64_t before = 0; before < c; ++before) {
            const double value = step_to_reward_->correlation(c, before);
            if (!(std::abs(value) > kSame)) continue;
            report("duplicate", names_.obs(c) + " and " + names_.obs(before), value,
                   "the columns differ by scale and offset only and count twice in the loss: take "
                   "one out of the recording before mast ingest");
            break;  // n equal columns would make n^2 findings
        }
    }
}

void Audit::report_constants() {
    report_constants_of(Modality::obs,
                        "the column never changes in the train split and teaches nothing: take it "
                        "out of the recording before mast ingest");
    report_constants_of(Modality::act,
                        "the action never changes in the train split, so its error says nothing: "
                        "take it out of the recording before mast ingest");
    report_constants_of(
        Modality::rew,
        "the reward never changes in the train split and teaches nothing: leave rew "
        "out of --tokens");
}

void Audit::report_constants_of(Modality modality, const char* text) {
    const auto& statistics = store_.statistics(modality);
    for (std::size_t c = 0; c < statistics.mean.size(); ++c) {
        // The deviation can be above 0 by rounding, where the mean is not a float.
        if (statistics.max[c] > statistics.min[c]) continue;
        const auto column = static_cast<std::int64_t>(c);
        auto what = modality == Modality::obs   ? names_.obs(column)
                    : modality == Modality::act ? names_.act(column)
                                                : std::string("rew");
        report("constant", std::move(what), statistics.mean[c], text);
    }
}

void Audit::note_sampling(std::int64_t stride) {
    if (stride == 1) return;
    report("sampled", "train split", 1 / static_cast<double>(stride),
           fmt::format("one block of steps in {} was read to bound the work: take the figures as "
                       "estimates",
                       stride));
}

void Audit::report_skipped() {
    if (!pair_to_act_) {
        const auto wide = std::max(obs_dim_, act_dim_);
        report("skipped", "reward fits, duplicates in obs, action measures",
               static_cast<double>(wide),
               fmt::format("sums over {0} x {0} columns were not kept, {1} is the most: audit a "
                           "store of fewer observation or action columns",
                           wide, limits_.columns));
    }
    if (!act_to_obs_) {
        report("skipped", "actions in obs", static_cast<double>(act_dim_ * obs_dim_),
               fmt::format("{} action columns times {} observation columns are more sums than fits "
                           "keep: audit a store of fewer observation or action columns",
                           act_dim_, obs_dim_));
    }
    report_too_few(act_to_next_obs_, "previous action in obs");
    report_too_few(step_to_reward_, "reward from step, duplicates in obs");
    report_too_few(next_obs_to_reward_, "reward from next observation");
    report_too_few(pair_to_act_, "action measures");
}

void Audit::report_too_few(const std::optional<ExplainedVariance>& fit, const char* what) {
    if (!fit || fit->enough_rows()) return;
    report("skipped", what, static_cast<double>(fit->rows()),
           fmt::format("{} steps are too few for {} columns, of which a linear map fits noise: "
                       "record {} for each column",
                       fit->rows(), fit->features(), ExplainedVariance::kRowsPerFeature));
}

void Audit::report_measures() {
    if (!usable(pair_to_act_)) return;
    const auto one = pair_to_act_->r2(obs_dim_);
    const auto both = pair_to_act_->r2();
    report_measure("action_from_observation", one, false);
    report_measure("action_from_two_observations", both, true);
}

void Audit::report_measure(const char* kind, const std::vector<double>& r2, bool both) {
    constexpr auto kOne = "R^2 of a linear map of o_t, a measure: hold a policy against it";
    constexpr auto kBoth =
        "R^2 of a linear map of o_t and o_t+1, a measure: hold an inverse model against it";
    constexpr auto kTooEasy =
        "a linear map of o_t and o_t+1 answers the inverse objective: hold its loss against the "
        "linear baseline of mast evaluate";
    const auto line = [&](std::string what, double value) {
        report(kind, std::move(what), value, !both ? kOne : value > kAnswered ? kTooEasy : kBoth);
    };
    double sum = 0;
    std::int64_t varying = 0;
    for (const double value : r2) {
        if (std::isnan(value)) continue;
        sum += value;
        ++varying;
    }
    if (varying == 0) return;
    line("act (mean)", sum / static_cast<double>(varying));
    for (std::int64_t c = 0; c < act_dim_; ++c) {
        const double value = r2[static_cast<std::size_t>(c)];
        if (!std::isnan(value)) line(names_.act(c), value);
    }
}

std::vector<AuditFinding> Audit::findings() {
    report_previous_actions();
    report_actions_in_observations();
    report_rewards();
    report_duplicates();
    report_constants();
    report_skipped();
    report_measures();
    return std::move(findings_);
}

}  // namespace

std::vector<AuditFinding> audit(const store::TrajectoryReader& store,
                                const std::function<void()>& between, const AuditLimits& limits) {
    Audit result(store, limits);
    const double work = result.work() * static_cast<double>(StepReader(store).steps());
    const auto stride = static_cast<std::int64_t>(std::max(1.0, std::ceil(work / limits.work)));
    StepReader(store, stride).for_each([&](const StepRows& rows) {
        between();
        result.add(rows);
    });
    result.note_sampling(stride);
    return result.findings();
}

}  // namespace mast::train
