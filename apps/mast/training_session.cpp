#include "mast/training_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/error.h"
#include "mast/failure.h"
#include "mast/json.h"
#include "mast/options.h"
#include "mast/together.h"
#include "mast/training_events.h"

namespace mast::cli {

namespace {

/// Held-out batches that --eval-every looks at.
constexpr std::int64_t kEvaluationBatches = 8;

/// What the step was like: the same for every training of these data, options and seed.
Json metrics_of(const train::StepReport& report, const train::Progress& progress,
                const std::vector<mask::Objective>& objectives) {
    Json line{{"step", report.step}, {"tokens", report.tokens}, {"loss", report.loss}};
    for (std::size_t i = 0; i < objectives.size(); ++i) {
        line["loss_" + objectives[i].name] = report.losses[i];
    }
    line["grad_norm"] = report.gradient_norm;
    line["lr"] = report.rate;
    line["skipped"] = progress.skipped;
    line["spikes"] = progress.spikes;
    return line;
}

/// What an objective really hid, by kind; and samples that taught nothing.
Json masks_of(const mask::Objective& objective, const mask::Tally& tally) {
    Json hidden = Json::object();
    for (const auto modality : objective.layout.modalities()) {
        const auto m = store::index_of(modality);
        if (!tally.hides[m] || tally.valid[m] == 0) continue;
        hidden[std::string(store::name_of(modality))] =
            static_cast<double>(tally.hidden[m]) / static_cast<double>(tally.valid[m]);
    }
    return {{"hidden", hidden},
            {"nothing_visible", tally.nothing_visible},
            {"nothing_predicted", tally.nothing_predicted}};
}

}  // namespace

Session::Session(Context& context, Training& training, train::RunWriter* writer)
    : context_(context),
      input_(training.input),
      model_(*training.model),
      trainer_(*training.trainer),
      run_(training.run),
      writer_(writer),
      steps_(training.run.steps),
      log_every_(std::max<std::int64_t>(1, steps_ / 100)) {
    const auto& options = context.options;
    if (options.count("max-time") != 0) max_time_ = options["max-time"].as<Rate>().value;
}

void Session::train() {
    try {
        train_on();
    } catch (const DivergedError& error) {
        throw DivergedError(with_last_checkpoint(error.what()));
    }
}

/// What a step finds is found in all processes, for their numbers are the same; what is found where
/// the first one saves, it finds alone, and ends the others as any other failure of one.
train::StepReport Session::step() {
    try {
        return trainer_.step();
    } catch (const DivergedError& error) {
        if (context_.processes.count() == 1) throw;
        throw FailedTogether{
            {context_.is_first() ? with_last_checkpoint(error.what()) : "", kFailed}};
    }
}

std::string Session::with_last_checkpoint(std::string text) const {
    if (writer_ != nullptr && !writer_->last_checkpoint().empty())
        text += fmt::format("; last good checkpoint: {}", writer_->last_checkpoint().string());
    return text;
}

void Session::train_on() {
    auto& terminal = context_.terminal;
    started_ = logged_ = terminal.seconds();
    started_tokens_ = logged_tokens_ = trainer_.progress().tokens;
    terminal.progress_from(trainer_.steps());
    while (trainer_.steps() < steps_) {
        const auto report = step();
        last_loss_ = report.loss;
        warn_of(report);
        if (is_logged(report)) log(report);
        if (writer_ != nullptr && is_pictured(report.step))
            add_pictures(model_, pictured(), report.step, *writer_);
        terminal.progress(report.step, steps_, figures(report));
        const bool last = is_last(report.step);
        if (last || is_saved(report.step)) save();
        if (last) break;
    }
    if (writer_ != nullptr) writer_->finish(model_, trainer_.steps(), trainer_.best());
}

/// What a progress line tells beside the steps; the speed is that since this process began.
std::string Session::figures(const train::StepReport& report) const {
    const auto seconds = std::max(1e-9, context_.terminal.seconds() - started_);
    return fmt::format("loss {:.4f}  {:.0f} tokens/s", report.loss,
                       static_cast<double>(report.tokens - started_tokens_) / seconds);
}

void Session::save() {
    if (writer_ != nullptr) writer_->save(model_, trainer_);
}

void Session::warn_of(const train::StepReport& report) {
    if (!report.not_finite.empty()) {
        context_.terminal.warn(
            fmt::format("step {}: {} (the step is skipped)", report.step, report.not_finite));
    }
    for (const auto& spike : report.spikes) {
        context_.terminal.warn(fmt::format(
            "step {}: loss of {} is {:.4g}, expected at most {:.4g} after the last steps "
            "(a spike; training goes on)",
            report.step, input_.source->objectives()[spike.objective].name, spike.loss,
            spike.bound));
    }
}

// Which steps are logged must not depend on when a training was stopped.
bool Session::is_logged(const train::StepReport& report) const {
    return report.step == 1 || report.step % log_every_ == 0 || report.step == steps_ ||
           evaluates(report.step) || !report.not_finite.empty();
}

bool Session::evaluates(std::int64_t step) const {
    const auto every = run_.eval_every;
    return every > 0 && step % every == 0;
}

// As for logged steps: where checkpoints were to be saved when the run began, for that may change
// when a training goes on.
bool Session::is_pictured(std::int64_t step) const {
    const auto every = run_.picture_every;
    return step == steps_ || evaluates(step) || (every > 0 && step % every == 0);
}

train::BatchSource& Session::pictured() const {
    return input_.held_out ? *input_.held_out : *input_.source;
}

bool Session::is_saved(std::int64_t step) const {
    const auto every = run_.checkpoint_every;
    return every > 0 && step % every == 0;
}

bool Session::is_last(std::int64_t step) const {
    const bool stops = context_.stop.requested() ||
                       (max_time_ && context_.terminal.seconds() - started_ >= *max_time_);
    // Whoever stops, stops all.
    return context_.processes.largest(stops ? 1 : 0) != 0 || step == steps_;
}

void Session::log(const train::StepReport& report) {
    auto& terminal = context_.terminal;
    const double seconds = std::max(1e-9, terminal.seconds() - logged_);
    const auto& objectives = input_.source->objectives();
    auto line = metrics_of(report, trainer_.progress(), objectives);
    const auto tallies = trainer_.take_tallies();
    for (std::size_t i = 0; i < tallies.size(); ++i)
        line["masks_" + objectives[i].name] = masks_of(objectives[i], tallies[i]);
    if (input_.held_out && evaluates(report.step)) {
        const auto losses =
            train::mean_losses(model_, *input_.held_out, kEvaluationBatches, context_.processes);
        for (std::size_t i = 0; i < losses.size(); ++i)
            line["val_loss_" + input_.held_out->objectives()[i].name] = losses[i];
        if (run_.keep_best) trainer_.keep_if_best(losses);
    }
    if (writer_ != nullptr) {
        writer_->metrics(line.dump());
        writer_->scalars(report.step, scalars_of(line));
    }
    const auto tokens = static_cast<double>(report.tokens - logged_tokens_);
    line["tokens_per_second"] = std::round(tokens / seconds);
    if (writer_ != nullptr) writer_->speed(report.step, terminal.wall_time(), tokens / seconds);
    terminal.result(line.dump());
    logged_ = terminal.seconds();
    logged_tokens_ = report.tokens;
}

std::filesystem::path run_output(const Options& options) {
    auto folder = output_path(options);
    if (folder == "-") {
        fail<UsageError>(
            "--output: is -, but a run is a folder, expected the path of one (name a new one)");
    }
    return folder;
}

train::RunConfig complete(train::RunConfig run, const Context& context,
                          const TrainingInput& input) {
    if (!input.domains.empty()) {
        run.domains = input.data;
        train::use_domain(run, 0);
    } else {
        run.scaler = input.source->scaler();
        run.components = input.components;
        run.acting = input.acting;
    }
    run.objectives.clear();
    for (const auto& objective : input.source->objectives())
        run.objectives.push_back(objective.spec);
    run.inputs = input.files;
    run.batch_size = input.source->batch_size();
    run.history = input.history;
    run.history.push_back(context.history_entry(names_and_hashes(input)));
    return run;
}

void expect_same_data(Context& context, const TrainingInput& input) {
    expect_same(context.processes, "the data",
                fmt::to_string(fmt::join(names_and_hashes(input), " ")));
}

void expect_same_run(Context& context, const train::RunConfig& run) {
    auto without_clock = run;
    without_clock.history.clear();
    // A name and its value are one word, so that a difference tells whose it is.
    auto text = train::to_json(without_clock);
    for (auto at = text.find("\": "); at != std::string::npos; at = text.find("\": ", at))
        text.erase(at + 2, 1);
    expect_same(context.processes, "the options", text);
}

int train_and_tell(Context& context, Training& training, train::RunWriter* writer) {
    Session session(context, training, writer);
    session.train();
    auto& terminal = context.terminal;
    terminal.end_progress();
    const auto loss = session.last_loss();
    const auto& trainer = *training.trainer;
    if (const auto& best = trainer.best()) {
        terminal.note(fmt::format("the network of step {} is kept, with a held-out loss of {:.5f}",
                                  best->step, best->loss));
    }
    terminal.table({{"run", writer != nullptr ? writer->folder().string() : ""},
                    {"parameters", fmt::format("{}", training.model->table().count())},
                    {"steps", fmt::format("{}", trainer.steps())},
                    {"tokens", fmt::format("{}", trainer.progress().tokens)},
                    {"loss", loss ? fmt::format("{:.5f}", *loss) : "-"},
                    {"seconds", fmt::format("{:.1f}", terminal.seconds())}});
    const auto signal = context.processes.largest(context.stop.signal_number());
    return signal > 0 ? kSignal + static_cast<int>(signal) : kDone;
}

}  // namespace mast::cli
