// mast mask: emits masked token batches of a store, as a file or as a stream of lines.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "compute/parallel.h"
#include "mask/batch_file.h"
#include "mask/batch_json.h"
#include "mask/masked_batches.h"
#include "mask/tally.h"
#include "mast/commands.h"
#include "mast/json.h"
#include "mast/memory.h"
#include "mast/objective_options.h"
#include "mast/options.h"
#include "mast/store_paths.h"
#include "store/temporary.h"
#include "window/loader.h"

namespace po = boost::program_options;

namespace mast::cli {

namespace {

/// Everything that the command line says, checked.
struct Plan {
    std::string store;
    std::filesystem::path output;
    store::Overwrite overwrite;
    mask::Layout layout;
    std::int64_t context;
    std::vector<mask::Objective> objectives;
    std::int64_t batch_size;
    std::optional<std::int64_t> batches;
    std::int64_t epochs;
    store::Split split;
    float mask_value;
    bool compact;
    bool json_lines;
    std::optional<store::Shard> shard;

    bool to_stdout() const { return output == "-"; }
};

void declare_mask(po::options_description& options) {
    auto add = options.add_options();
    add("store", path<std::vector<std::string>>("STORE"), "a store made by mast ingest");
    add_output_options(options);
    add_objective_options(options);
    add("tokens", value<std::string>("KIND,...")->default_value("obs,act"),
        "order of the tokens of a step: a list of obs, act, rew and rtg");
    add("context", value<Count>("STEPS")->default_value(Count{30}), "steps of a window");
    add("batch-size", value<Count>("WINDOWS")->default_value(Count{64}), "windows of a batch");
    add("batches", value<Count>("N"), "number of batches");
    add("epochs", value<Count>("N")->default_value(Count{1}),
        "or: how often each window is used, rounded down to whole batches");
    add_shard_option(options);
    add_split_option(options, "train");
    add("mask-value", value<Real>("NUMBER")->default_value(Real{-1}),
        "what stands in the inputs where a token is hidden");
    add("compact", po::bool_switch(), "leave the inputs out: tokens and masks say the same");
    add("format", one_of({"hdf5", "jsonl"})->default_value("hdf5"),
        "jsonl: a line for each sample, which can be streamed with -o -");
}

float read_mask_value(const Options& options) {
    const double value = options["mask-value"].as<Real>().value;
    if (std::abs(value) > static_cast<double>(std::numeric_limits<float>::max())) {
        fail<UsageError>("--mask-value: {} is too large, expected a number of 32 bits", value);
    }
    return static_cast<float>(value);
}

void refuse_opposites(const Options& options) {
    if (options.count("batches") != 0 && !options["epochs"].defaulted()) {
        fail<UsageError>("--batches: contradicts --epochs, expected one of them (leave one out)");
    }
    if (options["compact"].as<bool>() && !options["mask-value"].defaulted()) {
        fail<UsageError>(
            "--compact: contradicts --mask-value, which stands only in the inputs "
            "(leave one out)");
    }
}

Plan read_plan(const Options& options, Terminal& terminal) {
    if (options.count("store") == 0) {
        fail<UsageError>("no input, expected a store (make one with mast ingest)");
    }
    const auto& stores = options["store"].as<std::vector<std::string>>();
    if (stores.size() > 1) {
        fail<UsageError>("{} inputs, expected one store (mast ingest joins several files into one)",
                         stores.size());
    }
    refuse_opposites(options);
    const auto& format = options["format"].as<std::string>();
    if (format != "hdf5" && format != "jsonl") {
        fail<UsageError>("--format: \"{}\" is not hdf5 or jsonl", format);
    }
    const mask::Layout layout(options["tokens"].as<std::string>());
    const auto context = options["context"].as<Count>().value;
    Plan plan{
        stores.front(), output_path(options), cli::overwrite(options), layout, context,
        // No path is longer than there are tokens: this depth stands for any number of layers.
        build_objectives(objective_specs(options), layout, context, layout.tokens(context),
                         options["allow-leaks"].as<bool>(), terminal),
        options["batch-size"].as<Count>().value, std::nullopt, options["epochs"].as<Count>().value,
        read_split(options), read_mask_value(options), options["compact"].as<bool>(),
        format == "jsonl", read_shard(options)};
    if (options.count("batches") != 0) plan.batches = options["batches"].as<Count>().value;
    if (!plan.json_lines) refuse_stream(plan.output, "--output");
    if (!plan.to_stdout()) store::check_target(plan.output, plan.overwrite);
    return plan;
}

/// At least one batch; the order of windows goes on in a new epoch where it ends.
std::int64_t batches_of(const Plan& plan, std::int64_t windows) {
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
    if (plan.epochs > kMost / windows) {
        fail<UsageError>("--epochs: {} times {} windows are too many to count", plan.epochs,
                         windows);
    }
    const std::int64_t batches =
        plan.batches.value_or(std::max<std::int64_t>(1, windows * plan.epochs / plan.batch_size));
    if (batches > kMost / plan.batch_size) {
        fail<UsageError>("--batches: {} batches of {} are too many to count", batches,
                         plan.batch_size);
    }
    return batches;
}

/// Where batches go.
class Sink {
  public:
    Sink() = default;
    virtual ~Sink() = default;
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;
    virtual void append(const mask::Batch& batch) = 0;
    virtual void finish() = 0;
};

class FileSink : public Sink {
  public:
    FileSink(const Plan& plan, std::int64_t batches, std::uint64_t seed,
             const store::TrajectoryReader& store, const window::Loader& loader,
             const store::History& history)
        : writer_(plan.output, plan.overwrite,
                  {batches * plan.batch_size, plan.batch_size, plan.mask_value, plan.compact, seed,
                   plan.shard, window::recorded_in(store)},
                  loader.channels(), loader.scaler(), plan.objectives, history) {}
    void append(const mask::Batch& batch) override { writer_.append(batch); }
    void finish() override { writer_.finish(); }

  private:
    mask::BatchFileWriter writer_;
};

/// Lines on standard output, or in a file.
class LineSink : public Sink {
  public:
    LineSink(const Plan& plan, Terminal& terminal) : plan_(plan), terminal_(terminal) {
        if (plan.to_stdout()) return;
        file_.emplace(plan.output, plan.overwrite);
        stream_.open(file_->temp_path(), std::ios::binary);
    }
    void append(const mask::Batch& batch) override {
        text_.clear();
        mask::append_json_lines(batch, plan_.mask_value, !plan_.compact, text_);
        if (!file_) {
            terminal_.write(text_);
            return;
        }
        stream_.write(text_.data(), static_cast<std::streamsize>(text_.size()));
        check();
    }
    void finish() override {
        if (!file_) return;
        stream_.close();
        check();
        file_->commit();
    }

  private:
    void check() const {
        if (stream_) return;
        fail<IoError>("{}: cannot be written, expected a disk with room (free some space)",
                      plan_.output.string());
    }

    const Plan& plan_;
    Terminal& terminal_;
    std::optional<store::OutputFile> file_;
    std::ofstream stream_;
    std::string text_;
};

/// Bytes of one sample in a batches file, without the small parts.
double bytes_of_sample(const Plan& plan, const window::Channels& channels) {
    const double copies = plan.compact ? 1 : 1 + static_cast<double>(plan.objectives.size());
    double bytes = 0;
    for (const auto modality : plan.layout.modalities()) {
        const auto& channel = channels[store::index_of(modality)];
        bytes += copies * 4 * static_cast<double>(channel.dim) +
                 2 * static_cast<double>(plan.objectives.size());
    }
    return bytes * static_cast<double>(plan.context);
}

void refuse_full_disk(const Plan& plan, const window::Channels& channels, std::int64_t batches) {
    if (plan.json_lines) return;
    store::remove_leftovers(plan.output);  // which take room
    const double needed = bytes_of_sample(plan, channels) * static_cast<double>(batches) *
                          static_cast<double>(plan.batch_size);
    std::error_code error;
    const auto folder = plan.output.parent_path();
    const auto space = std::filesystem::space(folder.empty() ? "." : folder, error);
    if (error || needed <= static_cast<double>(space.available)) return;
    // Need rounded up and room rounded down: the first always reads as the larger one.
    constexpr double kMb = 1e6;
    fail<IoError>(
        "{}: would take {:.0f} MB, expected at most the {:.0f} MB that are free (ask "
        "for fewer --batches, or use --compact)",
        plan.output.string(), std::ceil(needed / kMb),
        std::floor(static_cast<double>(space.available) / kMb));
}

/// A batch is held as it is made, and once more as it is written.
void refuse_large_batches(const Plan& plan, const window::Channels& channels) {
    const double places = compute::threads() > 1 ? mask::MaskedBatches::kPlaces : 1;
    // A number has some ten letters.
    const double letters = plan.json_lines ? 3 : 1;
    const double needed =
        places * mask::batch_bytes(channels, plan.objectives, plan.batch_size) +
        letters * bytes_of_sample(plan, channels) * static_cast<double>(plan.batch_size);
    check_memory("a batch", needed, "a smaller --batch-size or --context");
}

Json fractions(const mask::Layout& layout, const mask::Tally& tally,
               const std::array<std::int64_t, store::kModalities.size()>& part) {
    Json json = Json::object();
    for (const auto modality : layout.modalities()) {
        const auto m = store::index_of(modality);
        const auto whole = static_cast<double>(std::max<std::int64_t>(1, tally.valid[m]));
        json[std::string(store::name_of(modality))] = static_cast<double>(part[m]) / whole;
    }
    return json;
}

Json report_of(const mask::Objective& objective, const mask::Tally& tally) {
    return {{"name", objective.name},
            {"hidden_asked", objective.mean_hidden_asked()},
            {"hidden", tally.hidden_fraction()},
            {"predicted", tally.predicted_fraction()},
            {"targets", tally.targets()},
            {"nothing_visible", tally.nothing_visible},
            {"nothing_predicted", tally.nothing_predicted},
            {"hidden_by", fractions(objective.layout, tally, tally.hidden)},
            {"predicted_by", fractions(objective.layout, tally, tally.predicted)}};
}

void report(const Plan& plan, std::int64_t batches, const std::vector<mask::Tally>& tallies,
            Terminal& terminal) {
    const std::int64_t samples = batches * plan.batch_size;
    const std::int64_t tokens = samples * plan.layout.tokens(plan.context);
    auto reports = Json::array();
    std::vector<std::vector<std::string>> rows{
        {"objective", "hidden asked", "hidden", "predicted", "targets"}};
    for (std::size_t i = 0; i < tallies.size(); ++i) {
        const auto& objective = plan.objectives[i];
        reports.push_back(report_of(objective, tallies[i]));
        rows.push_back({objective.name, fmt::format("{:.4f}", objective.mean_hidden_asked()),
                        fmt::format("{:.4f}", tallies[i].hidden_fraction()),
                        fmt::format("{:.4f}", tallies[i].predicted_fraction()),
                        fmt::format("{}", tallies[i].targets())});
    }
    if (!plan.to_stdout()) {
        const Json line{{"output", plan.output.string()},
                        {"batches", batches},
                        {"samples", samples},
                        {"tokens", tokens},
                        {"objectives", reports}};
        terminal.result(line.dump());
    }
    terminal.note(fmt::format("{} batches, {} samples, {} tokens in {:.1f} s", batches, samples,
                              tokens, terminal.seconds()));
    terminal.table(rows);
}

void refuse_nothing_predicted(const Plan& plan, const std::vector<mask::Tally>& tallies) {
    for (std::size_t i = 0; i < tallies.size(); ++i) {
        if (tallies[i].targets() > 0) continue;
        fail<DataError>(
            "objective \"{}\": predicts nothing in any of {} samples, expected a "
            "target (are the episodes long enough? ask for more --batches)",
            plan.objectives[i].name, tallies[i].samples);
    }
}

/// What all shards of one whole were asked for.
std::string set_of(const Plan& plan, std::int64_t batches, const store::TrajectoryReader& store,
                   std::uint64_t seed) {
    std::string text =
        fmt::format("{} {} {} {} {} {} {} {} {} {}", store.content_hash(), batches, plan.batch_size,
                    plan.context, plan.layout.text(), store::name_of(plan.split), plan.mask_value,
                    plan.compact, seed, plan.shard->count);
    for (const auto& objective : plan.objectives)
        text += " " + objective.spec;
    return hash_text(hash64(text.data(), text.size()));
}

/// Of the batches in all, those of the shard.
std::pair<std::int64_t, std::int64_t> batches_of_shard(const Plan& plan, std::int64_t batches) {
    if (!plan.shard) return {0, batches};
    const auto& [number, count, set] = *plan.shard;
    if (batches < count) {
        fail<UsageError>(
            "--shard: is {}/{}, but there are {} batches, expected one for each shard at least "
            "(use fewer shards)",
            number, count, batches);
    }
    return {store::first_of_shard(batches, number, count),
            store::first_of_shard(batches, number + 1, count)};
}

int run_mask(Context& context) {
    auto plan = read_plan(context.options, context.terminal);
    const store::TrajectoryReader store(one_store(plan.store));
    window::Loader loader(store, plan.split, plan.context, plan.layout.modalities(),
                          context.seed());
    const auto all = batches_of(plan, loader.count());
    const auto [first, last] = batches_of_shard(plan, all);
    const auto batches = last - first;
    if (plan.shard) plan.shard->set = set_of(plan, all, store, context.seed());
    refuse_large_batches(plan, loader.channels());
    refuse_full_disk(plan, loader.channels(), batches);

    auto history = store.history();
    history.push_back(
        context.history_entry({fmt::format("{} {}", plan.store, store.content_hash())}));
    std::unique_ptr<Sink> sink;
    if (plan.json_lines) {
        sink = std::make_unique<LineSink>(plan, context.terminal);
    } else {
        sink = std::make_unique<FileSink>(plan, batches, context.seed(), store, loader, history);
    }
    mask::MaskedBatches source(loader, plan.objectives, plan.batch_size, first, last, all,
                               context.seed(), compute::threads() > 1);
    std::vector<mask::Tally> tallies(plan.objectives.size());
    for (std::int64_t b = 0; b < batches; ++b) {
        context.stop.check();
        const auto& batch = source.next();
        for (std::size_t i = 0; i < tallies.size(); ++i)
            tallies[i].add(batch, batch.views[i]);
        sink->append(batch);
        context.terminal.progress(b + 1, batches, "batches");
    }
    refuse_nothing_predicted(plan, tallies);
    sink->finish();
    report(plan, batches, tallies, context.terminal);
    return kDone;
}

}  // namespace

const Command kMask{"mask",
                    "STORE -o BATCHES.h5 --objective SPEC... [OPTION]...",
                    "emits masked token batches of a store",
                    {"store"},
                    declare_mask,
                    run_mask};

}  // namespace mast::cli
