// mast bench: training steps in tokens per second, beside the machine's own GEMM speed.
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <ctime>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "compute/buffer.h"
#include "compute/library_gemm.h"
#include "compute/parallel.h"
#include "compute/profile.h"
#include "mask/catalogue.h"
#include "mast/commands.h"
#include "mast/json.h"
#include "mast/memory.h"
#include "mast/model_options.h"
#include "mast/training_options.h"
#include "train/trainer.h"

namespace po = boost::program_options;

namespace mast::cli {

namespace {

/// Columns of the half cheetah's observation and action.
constexpr std::int64_t kObsDim = 17;
constexpr std::int64_t kActDim = 6;

/// Steps that only warm up, before the timed ones.
constexpr std::int64_t kUntimed = 2;

void declare_bench(po::options_description& options) {
    add_model_options(options, "smart");
    auto add = options.add_options();
    add("objective", begins_with("SPEC", entry_names(mask::catalogue()))->default_value("policy"),
        "what is trained");
    add("batch-size", value<Count>("WINDOWS")->default_value(Count{64}), "windows of a step");
    add("dropout", value<Chance>("CHANCE")->default_value(Chance{0}),
        "part of the activations that each step drops; 0: none");
    add("profile", po::bool_switch(),
        "also print the share of each operation in a step and, of several processes, when "
        "gradients were exchanged in the last one");
    add_exchange_option(options);
    add("steps", value<Count>("N")->default_value(Count{10}), "timed steps, after two untimed");
}

double seconds_now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

/// Of all threads of this program.
double cpu_seconds_now() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

/// Windows of noise, the same at each step.
class NoiseSource : public train::BatchSource {
  public:
    NoiseSource(std::vector<mask::Objective> objectives, std::int64_t batch_size)
        : objectives_(std::move(objectives)), batch_size_(batch_size) {
        channels_[store::index_of(store::Modality::obs)] = {kObsDim, false};
        channels_[store::index_of(store::Modality::act)] = {kActDim, false};
    }

    void load_part(std::int64_t /*step*/, std::int64_t /*first*/, std::int64_t count,
                   mask::Batch& out) override {
        if (!out.views.empty()) return;
        const auto& objective = objectives_.front();
        out.windows.resize(count, objective.steps, channels_, objective.layout.modalities());
        Random random(0, "bench", 0);
        for (auto& values : out.windows.values) {
            for (auto& value : values)
                value = static_cast<float>(random.normal());
        }
        std::fill(out.windows.valid.begin(), out.windows.valid.end(), std::uint8_t{1});
        mask::mask_windows(objectives_, {}, out);
    }
    const std::vector<mask::Objective>& objectives() const override { return objectives_; }
    const window::Channels& channels() const override { return channels_; }
    const window::Scaler& scaler() const override { return scaler_; }
    std::int64_t batch_size() const override { return batch_size_; }

  private:
    std::vector<mask::Objective> objectives_;
    std::int64_t batch_size_;
    window::Channels channels_;
    window::Scaler scaler_;
};

/// GFLOP/s that oneDNN reaches by itself on the forward products of a block over that many rows, by
/// weights that lie as it likes them best. The median, as of the steps: the fastest of many short
/// products says how high the clock goes for a moment.
double gemm_speed(const model::ModelConfig& config, std::int64_t rows) {
    const auto c = config.width;
    compute::Buffer x(rows * 4 * c);
    compute::Buffer out(rows * 4 * c);
    compute::Buffer w(4 * c * c);
    const std::array<std::pair<std::int64_t, std::int64_t>, 4> shapes{
        {{3 * c, c}, {c, c}, {4 * c, c}, {c, 4 * c}}};
    double flops = 0;
    for (const auto& [n, k] : shapes)
        flops += 2.0 * static_cast<double>(rows) * static_cast<double>(n * k);
    const auto round_seconds = [&] {
        const double start = seconds_now();
        for (const auto& [n, k] : shapes)
            compute::library_gemm(x.matrix(rows, k), w.matrix(k, n), out.matrix(rows, n));
        return seconds_now() - start;
    };
    constexpr std::size_t kLeastRounds = 7;
    constexpr double kLeastSeconds = 0.5;
    round_seconds();  // warms up
    std::vector<double> rounds;
    for (double all = 0; rounds.size() < kLeastRounds || all < kLeastSeconds;) {
        rounds.push_back(round_seconds());
        all += rounds.back();
    }
    return flops / median(std::move(rounds)) / 1e9;
}

/// Over the rows of a micro-batch, which stay in the cache, or of the whole batch, as far as more
/// rows still help.
double best_gemm_speed(const model::ModelConfig& config, std::int64_t batch) {
    constexpr std::int64_t kFewRows = 512;
    constexpr std::int64_t kManyRows = 16384;
    const std::int64_t windows = std::min(batch, kManyRows);
    return std::max(gemm_speed(config, kFewRows),
                    gemm_speed(config, std::min(windows * config.tokens(), kManyRows)));
}

double peak_rss_mb() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-union-access): the C library declares it so
    return static_cast<double>(usage.ru_maxrss) / 1024;
}

double rounded(double value, double digits) {
    return std::round(value * digits) / digits;
}

/// Of each operation in all timed steps; what is left is "other".
Json shares(const compute::Profile& profile, const std::vector<double>& step_seconds) {
    const double all = std::accumulate(step_seconds.begin(), step_seconds.end(), 0.0);
    Json shares;
    double left = all;
    for (std::size_t i = 0; i < profile.seconds.size(); ++i) {
        left -= profile.seconds[i];
        shares[compute::kOpNames[i]] = rounded(profile.seconds[i] / all, 1e4);
    }
    shares["other"] = rounded(left / all, 1e4);
    return shares;
}

/// From the first gradient that set off in a step to the last sum that was there, and how long
/// that was waited for with nothing left to compute; then each sum.
Json timeline(const std::vector<train::SumTimes>& sums, double waited, double step_start) {
    const auto ms = [&](double moment) { return rounded(1e3 * (moment - step_start), 100); };
    Json list = Json::array();
    double last = step_start;
    for (const auto& sum : sums) {
        list.push_back({{"kb", rounded(static_cast<double>(sum.bytes) / 1024, 1)},
                        {"begun_ms", ms(sum.begun)},
                        {"ended_ms", ms(sum.ended)}});
        last = std::max(last, sum.ended);
    }
    return {{"backward_ended_ms", ms(last - waited)},
            {"waited_ms", rounded(1e3 * waited, 100)},
            {"sums", list}};
}

/// What the timed steps took.
struct Timed {
    std::vector<double> seconds, cpu_seconds;  ///< by step
    // Where a profile is asked for:
    compute::Profile profile{&seconds_now};
    std::vector<train::SumTimes> sums;  ///< of the last step, as are these
    double start = 0;
    double waited = 0;  ///< for sums, with nothing left to compute
};

void time_steps(Context& context, train::Trainer& trainer, std::int64_t steps, bool profiled,
                Timed& timed) {
    const auto& waited = timed.profile.seconds[static_cast<std::size_t>(compute::Op::exchange)];
    for (std::int64_t step = -kUntimed; step < steps; ++step) {
        context.stop.check();
        const double waited_before = waited;
        const double cpu_start = cpu_seconds_now();
        timed.start = seconds_now();
        if (step == 0 && profiled) compute::profile_into(&timed.profile);
        if (step + 1 == steps && profiled) context.processes.time_sums(&timed.sums, &seconds_now);
        trainer.step();
        timed.waited = waited - waited_before;
        if (step >= 0) {
            timed.seconds.push_back(seconds_now() - timed.start);
            timed.cpu_seconds.push_back(cpu_seconds_now() - cpu_start);
        }
        context.terminal.progress(std::max<std::int64_t>(0, step + 1), steps, "steps");
    }
    compute::profile_into(nullptr);
    context.processes.time_sums(nullptr, nullptr);
}

Json sizes_of(const model::ModelConfig& config, const Options& options) {
    return {{"preset", chosen_preset(options).name},
            {"layers", config.layers},
            {"heads", config.heads},
            {"width", config.width},
            {"gate", std::string(model::name_of(config.gate))},
            {"tokens", config.tokens()},
            {"batch_size", options["batch-size"].as<Count>().value}};
}

int run_bench(Context& context) {
    const auto& options = context.options;
    auto& processes = context.processes;
    const auto batch_size = options["batch-size"].as<Count>().value;
    const auto steps = options["steps"].as<Count>().value;
    train::RunConfig asked;
    auto& config = asked.model;
    config = read_sizes(options);
    NoiseSource source({mask::make_objective(options["objective"].as<std::string>(), config.layout,
                                             config.context)},
                       batch_size);
    config.channels = source.channels();
    config.outputs = model::outputs_for(source.objectives());

    asked.precision = options["precision"].as<std::string>();
    check_memory(asked, source, processes);
    model::Transformer model(config, read_precision(options));
    model::initialise(model.table(), config, context.seed(), model.values());
    train::TrainOptions training;
    training.schedule = {1e-4, 0, steps, 0.1};
    training.dropout = options["dropout"].as<Chance>().value;
    training.exchange = read_exchange(options);
    train::Trainer trainer(model, source, training, processes);
    const bool profiled = options["profile"].as<bool>();
    Timed timed;
    time_steps(context, trainer, steps, profiled, timed);

    const double step_seconds = median(timed.seconds);
    const double rss = peak_rss_mb();
    const double gemm = best_gemm_speed(config, batch_size);
    const double model_gflops = model::training_flops(config, batch_size) / step_seconds / 1e9;
    const auto tokens = static_cast<double>(batch_size * config.tokens());
    auto line = sizes_of(config, options);
    line.update({{"objective", source.objectives().front().spec},
                 {"precision", options["precision"].as<std::string>()},
                 {"processes", processes.count()},
                 {"threads", compute::threads()},
                 {"tokens_per_second", std::round(tokens / step_seconds)},
                 {"step_ms", rounded(1e3 * step_seconds, 100)},
                 {"cpu_ms", rounded(1e3 * median(timed.cpu_seconds), 100)},
                 {"model_gflops", rounded(model_gflops, 10)},
                 {"gemm_gflops", rounded(gemm, 10)},
                 {"utilisation", rounded(model_gflops / gemm, 1000)},
                 {"peak_rss_mb", rounded(rss, 10)}});
    if (profiled) line["profile"] = shares(timed.profile, timed.seconds);
    if (profiled && processes.count() > 1)
        line["exchange"] = timeline(timed.sums, timed.waited, timed.start);
    context.terminal.result(line.dump());
    return kDone;
}

}  // namespace

const Command kBench{"bench",
                     "[--preset NAME] [OPTION]...",
                     "measures training steps on this machine",
                     {},
                     declare_bench,
                     run_bench,
                     true};

}  // namespace mast::cli
