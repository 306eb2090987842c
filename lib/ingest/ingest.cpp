#include "ingest/ingest.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "ingest/confined_source.h"
#include "ingest/input_file.h"

namespace mast::ingest {

namespace {

/// Inputs that stay open, each with a process that reads ahead: descriptors, processes and memory
/// are had for some tens of them, not for thousands.
constexpr std::size_t kMostOpen = 16;

/// How far it is, for whoever watches.
class Watch {
  public:
    explicit Watch(const IngestOptions& options) : report_(options.progress) {}

    void look() const {
        if (report_) report_(steps, total);
    }

    std::int64_t steps = 0;  ///< written so far
    std::int64_t total = 0;  ///< of all inputs, once they are described

  private:
    const std::function<void(std::int64_t, std::int64_t)>& report_;
};

class StoreSink : public EpisodeSink {
  public:
    StoreSink(store::TrajectoryWriter& writer, Watch& watch) : writer_(writer), watch_(watch) {}

    void append(const store::StepBlock& block) override {
        writer_.append(block);
        watch_.steps = writer_.steps();
        watch_.look();
    }
    void end_episode(store::End end, std::span<const float> final_obs) override {
        writer_.end_episode(end, final_obs);
    }

  private:
    store::TrajectoryWriter& writer_;
    Watch& watch_;
};

/// What a file that was closed is known by.
using Identity = std::array<std::int64_t, 5>;

Identity identity_of(const InputFile& file) {
    struct stat status {};
    ::fstat(file.descriptor(), &status);
    return {static_cast<std::int64_t>(status.st_dev), static_cast<std::int64_t>(status.st_ino),
            status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

/// A file that is open, or was and can be opened again.
class Input {
  public:
    /// Throws as InputFile does.
    Input(const std::filesystem::path& path, const IngestOptions& options, const Watch& watch)
        : options_(options),
          watch_(watch),
          file_(std::make_unique<InputFile>(path)),
          path_(file_->path()),
          identity_(identity_of(*file_)) {}

    const std::filesystem::path& path() const { return path_; }
    const Description& description() const { return description_; }

    /// Throws as ConfinedSource does.
    void describe() {
        start();
        description_ = source_->description();
    }
    /// Why its reader is not confined; empty where it is. To be asked while it is open.
    const std::optional<std::string>& unconfined() const { return source_->unconfined(); }
    std::string hash() {
        open();
        return file_->hash([this] { watch_.look(); });
    }
    /// As ConfinedSource does.
    std::string read(EpisodeSink& sink) {
        if (!source_) start_again();
        return source_->read(sink);
    }
    void close() {
        source_.reset();
        file_.reset();
    }

  private:
    void open();
    void start();
    void start_again();

    const IngestOptions& options_;
    const Watch& watch_;
    std::unique_ptr<InputFile> file_;
    std::filesystem::path path_;
    Identity identity_;
    std::unique_ptr<ConfinedSource> source_;
    Description description_;
};

[[noreturn]] void refuse_change(const std::filesystem::path& path) {
    fail<DataError>(
        "{}: has changed since it was looked at, expected it to stay as it is (ingest it again)",
        path.string());
}

void Input::open() {
    if (file_) return;
    file_ = std::make_unique<InputFile>(path_);
    if (identity_of(*file_) != identity_) refuse_change(path_);
}

void Input::start() {
    open();
    source_ =
        std::make_unique<ConfinedSource>(*file_, options_.format, options_.map, options_.limits,
                                         [&watch = watch_] { watch.look(); });
}

/// By now the writer has a thread (store/write_back.h), which holds nothing that a child needs.
void Input::start_again() {
    start();
    const auto& before = description_;
    const auto& now = source_->description();
    if (now.steps != before.steps || now.spec.obs_dim != before.spec.obs_dim ||
        now.spec.act_dim != before.spec.act_dim ||
        now.spec.action_kind != before.spec.action_kind ||
        now.spec.action_masks != before.spec.action_masks) {
        refuse_change(path_);
    }
}

void expect_same(const Input& first, const Input& other) {
    const auto& a = first.description().spec;
    const auto& b = other.description().spec;
    const bool may_differ = a.action_kind == store::ActionKind::discrete && !a.action_masks;
    if (a.obs_dim == b.obs_dim && a.action_kind == b.action_kind &&
        (a.act_dim == b.act_dim || may_differ)) {
        return;
    }
    const auto kind = [](const auto& spec) {
        return spec.action_kind == store::ActionKind::discrete ? "discrete" : "continuous";
    };
    fail<DataError>(
        "{}: has {} observation columns and {} {} actions, expected {} and {} {} as in {} "
        "(ingest them apart)",
        other.path().string(), b.obs_dim, b.act_dim, kind(b), a.obs_dim, a.act_dim, kind(a),
        first.path().string());
}

void add_format(std::string& all, const std::string& format) {
    if (all.find(format) == std::string::npos) all += (all.empty() ? "" : "+") + format;
}

/// The inputs, described; the first of them are open.
std::vector<Input> open_inputs(const std::vector<std::filesystem::path>& paths,
                               const IngestOptions& options, Watch& watch, IngestReport& report) {
    std::vector<Input> inputs;
    for (const auto& path : paths) {
        inputs.emplace_back(path, options, watch);
        if (inputs.size() > kMostOpen) inputs.back().close();
    }
    std::int64_t steps = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        inputs[i].describe();
        if (i >= kMostOpen) inputs[i].close();
        const auto& described = inputs[i].description();
        expect_same(inputs.front(), inputs[i]);
        steps += described.steps;
        add_format(report.format, described.format);
        report.warnings.insert(report.warnings.end(), described.warnings.begin(),
                               described.warnings.end());
        if (i == 0) report.spec = described.spec;
        report.spec.act_dim = std::max(report.spec.act_dim, described.spec.act_dim);
    }
    watch.total = steps;
    if (const auto& why = inputs.front().unconfined()) {
        report.warnings.push_back(fmt::format(
            "the reader of foreign files is not confined ({}), expected a system with seccomp "
            "(read only files that you trust)",
            *why));
    }
    return inputs;
}

/// "PATH HASH" of each.
std::vector<std::string> names_and_hashes(std::vector<Input>& inputs) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        names.push_back(fmt::format("{} {}", inputs[i].path().string(), inputs[i].hash()));
        if (i >= kMostOpen) inputs[i].close();
    }
    return names;
}

void count_ends(const std::vector<store::Episode>& episodes, IngestReport& report) {
    report.episodes = static_cast<std::int64_t>(episodes.size());
    for (const auto& episode : episodes) {
        if (episode.end == store::End::terminated) ++report.terminated;
        if (episode.end == store::End::truncated) ++report.truncated;
        if (episode.end == store::End::unfinished) ++report.unfinished;
    }
}

using Paths = std::vector<std::filesystem::path>;

/// The files of a shard: neighbours, for they are read in their order.
Paths files_of(const Paths& paths, const store::Shard& shard) {
    const auto count = static_cast<std::int64_t>(paths.size());
    if (count < shard.count) {
        fail<UsageError>(
            "--shard: is {}/{}, but there are {} files, expected one for each shard at least (use "
            "fewer shards)",
            shard.number, shard.count, count);
    }
    return {paths.begin() + store::first_of_shard(count, shard.number, shard.count),
            paths.begin() + store::first_of_shard(count, shard.number + 1, shard.count)};
}

/// What all shards of one whole were asked for.
std::string set_of(const Paths& paths, const IngestOptions& options) {
    std::string text = fmt::format("{} {} {} {} {}", options.shard->count, options.split.val,
                                   options.split.test, options.split.seed, options.discount);
    for (const auto& path : paths)
        text += '\0' + path.filename().string();
    return hash_text(hash64(text.data(), text.size()));
}

}  // namespace

IngestReport ingest(const std::vector<std::filesystem::path>& paths,
                    const std::filesystem::path& output, const IngestOptions& options) {
    store::check_target(output, options.overwrite);
    IngestReport report;
    auto shard = options.shard;
    if (shard) shard->set = set_of(paths, options);
    Watch watch(options);
    auto inputs = open_inputs(shard ? files_of(paths, *shard) : paths, options, watch, report);
    report.spec.discount = options.discount;
    auto entry = options.history;
    for (auto& text : names_and_hashes(inputs))
        entry.inputs.push_back(std::move(text));
    store::TrajectoryWriter writer(output, options.overwrite, report.spec, {entry}, shard);
    StoreSink sink(writer, watch);
    for (auto& input : inputs) {
        if (auto remark = input.read(sink); !remark.empty())
            report.warnings.push_back(std::move(remark));
        input.close();
    }
    watch.steps = watch.total;
    writer.finish(options.split, [&] { watch.look(); });
    report.steps = writer.steps();
    count_ends(writer.episodes(), report);
    return report;
}

}  // namespace mast::ingest
