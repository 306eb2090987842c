#include "ingest/ingest.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "ingest/confined_source.h"
#include "ingest/input_file.h"

namespace mast::ingest {

namespace {

class StoreSink : public EpisodeSink {
  public:
    StoreSink(store::TrajectoryWriter& writer, const IngestOptions& options, std::int64_t total)
        : writer_(writer), options_(options), total_(total) {}

    void append(const store::StepBlock& block) override {
        writer_.append(block);
        if (options_.progress) options_.progress(writer_.steps(), total_);
    }
    void end_episode(store::End end, std::span<const float> final_obs) override {
        writer_.end_episode(end, final_obs);
    }

  private:
    store::TrajectoryWriter& writer_;
    const IngestOptions& options_;
    std::int64_t total_;
};

void expect_same(const ConfinedSource& first, const ConfinedSource& other) {
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
        other.file().path().string(), b.obs_dim, b.act_dim, kind(b), a.obs_dim, a.act_dim, kind(a),
        first.file().path().string());
}

void add_format(std::string& all, const std::string& format) {
    if (all.find(format) == std::string::npos) all += (all.empty() ? "" : "+") + format;
}

/// The inputs, opened and described.
struct Inputs {
    std::vector<std::unique_ptr<InputFile>> files;
    std::vector<std::unique_ptr<ConfinedSource>> sources;
    std::int64_t steps = 0;
};

Inputs open_inputs(const std::vector<std::filesystem::path>& paths, const IngestOptions& options,
                   IngestReport& report) {
    Inputs inputs;
    for (const auto& path : paths)
        inputs.files.push_back(std::make_unique<InputFile>(path));
    for (const auto& file : inputs.files) {
        inputs.sources.push_back(std::make_unique<ConfinedSource>(
            *file, options.format, options.map, options.limits, [&options] {
                if (options.progress) options.progress(0, 0);
            }));
        const auto& source = *inputs.sources.back();
        const auto& described = source.description();
        expect_same(*inputs.sources.front(), source);
        inputs.steps += described.steps;
        add_format(report.format, described.format);
        report.warnings.insert(report.warnings.end(), described.warnings.begin(),
                               described.warnings.end());
        if (inputs.sources.size() == 1) report.spec = described.spec;
        report.spec.act_dim = std::max(report.spec.act_dim, described.spec.act_dim);
    }
    if (const auto& why = inputs.sources.front()->unconfined()) {
        report.warnings.push_back(fmt::format(
            "the reader of foreign files is not confined ({}), expected a system with seccomp "
            "(read only files that you trust)",
            *why));
    }
    return inputs;
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
    auto inputs = open_inputs(shard ? files_of(paths, *shard) : paths, options, report);
    report.spec.discount = options.discount;
    auto entry = options.history;
    for (const auto& file : inputs.files) {
        const auto hash = file->hash([&] {
            if (options.progress) options.progress(0, inputs.steps);
        });
        entry.inputs.push_back(fmt::format("{} {}", file->path().string(), hash));
    }
    store::TrajectoryWriter writer(output, options.overwrite, report.spec, {entry}, shard);
    StoreSink sink(writer, options, inputs.steps);
    for (auto& source : inputs.sources) {
        source->read(sink);
        source.reset();
    }
    writer.finish(options.split, [&] {
        if (options.progress) options.progress(inputs.steps, inputs.steps);
    });
    report.steps = writer.steps();
    count_ends(writer.episodes(), report);
    return report;
}

}  // namespace mast::ingest
