// The loop of every training: steps, metrics, checkpoints, and when to stop.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "mast/command.h"
#include "mast/options.h"
#include "mast/training_input.h"
#include "train/run_writer.h"
#include "train/trainer.h"

namespace mast::cli {

/// What is trained, on what. The trainer refers to the other two.
struct Training {
    train::RunConfig run;
    TrainingInput input;
    std::unique_ptr<model::Transformer> model;
    std::unique_ptr<train::Trainer> trainer;
};

/// Trains until the steps, the time or the user's patience end, and saves. All processes of a
/// training do the same steps, and stop after the same one; the first of them writes and talks.
class Session {
  public:
    /// All must outlive the session. writer: null in all processes but the first.
    Session(Context& context, Training& training, train::RunWriter* writer);

    /// Throws DivergedError naming the last good checkpoint, or FailedTogether where all processes
    /// found it.
    void train();
    /// Of the last step; nothing if there was none to do.
    std::optional<double> last_loss() const { return last_loss_; }

  private:
    void train_on();
    train::StepReport step();
    std::string with_last_checkpoint(std::string text) const;
    void warn_of(const train::StepReport& report);
    bool is_logged(const train::StepReport& report) const;
    bool evaluates(std::int64_t step) const;
    bool is_pictured(std::int64_t step) const;
    train::BatchSource& pictured() const;
    bool is_saved(std::int64_t step) const;
    bool is_last(std::int64_t step) const;
    void save();
    std::string figures(const train::StepReport& report) const;
    void log(const train::StepReport& report);

    Context& context_;
    TrainingInput& input_;
    model::Transformer& model_;
    train::Trainer& trainer_;
    const train::RunConfig& run_;
    train::RunWriter* writer_;
    std::int64_t steps_;
    std::int64_t log_every_;
    std::optional<double> max_time_;  ///< seconds
    std::optional<double> last_loss_;
    double started_ = 0;
    double logged_ = 0;
    std::int64_t started_tokens_ = 0;
    std::int64_t logged_tokens_ = 0;
};

/// --output, the folder of a run. Throws UsageError for "-".
std::filesystem::path run_output(const Options& options);
/// What the data add to what was asked for.
train::RunConfig complete(train::RunConfig run, const Context& context, const TrainingInput& input);

/// Refuses data that are not the same in all processes.
void expect_same_data(Context& context, const TrainingInput& input);
/// The same of the training itself: files of options and of objectives may differ under one name.
void expect_same_run(Context& context, const train::RunConfig& run);

/// Trains, tells people what came of it, and returns the exit code. writer: as for a Session.
int train_and_tell(Context& context, Training& training, train::RunWriter* writer);

}  // namespace mast::cli
