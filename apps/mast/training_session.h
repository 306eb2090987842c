// The loop of every training: steps, metrics, checkpoints, and when to stop.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "mast/command.h"
#include "mast/options.h"
#include "mast/training_input.h"
#include "train/run_writer.h"
#include "train/trainer.h"

namespace mast::cli {

/// Trains until the steps, the time or the user's patience end, and saves.
class Session {
  public:
    /// All must outlive the session.
    Session(Context& context, TrainingInput& input, model::Transformer& model,
            train::Trainer& trainer, train::RunWriter& run);

    /// Throws DivergedError naming the last good checkpoint.
    void train();
    /// Of the last step; nothing if there was none to do.
    std::optional<double> last_loss() const { return last_loss_; }

  private:
    void train_on();
    void warn_of(const train::StepReport& report);
    bool is_logged(const train::StepReport& report) const;
    bool evaluates(std::int64_t step) const;
    bool is_saved(std::int64_t step) const;
    bool is_last(std::int64_t step) const;
    void log(const train::StepReport& report);

    Context& context_;
    TrainingInput& input_;
    model::Transformer& model_;
    train::Trainer& trainer_;
    train::RunWriter& run_;
    std::int64_t steps_;
    std::int64_t log_every_;
    std::optional<double> max_time_;  ///< seconds
    std::optional<double> last_loss_;
    double started_ = 0;
    double logged_ = 0;
    std::int64_t logged_tokens_ = 0;
};

/// --output, the folder of a run. Throws UsageError for "-".
std::filesystem::path run_output(const Options& options);
/// What the data add to what was asked for.
train::RunConfig complete(train::RunConfig run, const Context& context, const TrainingInput& input);

/// Trains, tells people what came of it, and returns the exit code.
int train_and_tell(Context& context, TrainingInput& input, model::Transformer& model,
                   train::Trainer& trainer, train::RunWriter& run);

}  // namespace mast::cli
