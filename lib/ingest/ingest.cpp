#include "ingest/ingest.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "ingest/source.h"

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

void expect_same(const Source& first, const Source& other) {
    const auto& a = first.spec();
    const auto& b = other.spec();
    if (a.obs_dim == b.obs_dim && a.action_kind == b.action_kind &&
        (a.act_dim == b.act_dim || a.action_kind == store::ActionKind::discrete)) {
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

/// "xxh3:..." of a file's bytes; `between` is called after each block.
std::string file_hash(const std::filesystem::path& file, const std::function<void()>& between) {
    std::ifstream in(file, std::ios::binary);
    std::vector<char> block(std::size_t{4} << 20U);
    Hasher hasher;
    while (in) {
        in.read(block.data(), static_cast<std::streamsize>(block.size()));
        hasher.add(block.data(), static_cast<std::size_t>(in.gcount()));
        between();
    }
    if (!in.eof())
        fail<IoError>("{}: cannot be read to its end, expected a readable file", file.string());
    return hash_text(hasher.value());
}

}  // namespace

IngestReport ingest(const std::vector<std::filesystem::path>& inputs,
                    const std::filesystem::path& output, const IngestOptions& options) {
    store::check_target(output, options.overwrite);
    IngestReport report;
    std::vector<std::unique_ptr<Source>> sources;
    std::int64_t total = 0;
    for (const auto& input : inputs) {
        sources.push_back(std::make_unique<Source>(input, options.format, options.map));
        const auto& source = *sources.back();
        expect_same(*sources.front(), source);
        total += source.steps();
        add_format(report.format, source.format());
        for (auto& text : source.warnings())
            report.warnings.push_back(std::move(text));
        if (sources.size() == 1) report.spec = source.spec();
        report.spec.act_dim = std::max(report.spec.act_dim, source.spec().act_dim);
    }
    report.spec.discount = options.discount;
    auto entry = options.history;
    for (const auto& source : sources) {
        const auto hash = file_hash(source->path(), [&] {
            if (options.progress) options.progress(0, total);
        });
        entry.inputs.push_back(fmt::format("{} {}", source->path().string(), hash));
    }
    store::TrajectoryWriter writer(output, options.overwrite, report.spec, {entry});
    StoreSink sink(writer, options, total);
    for (auto& source : sources) {
        source->read(sink);
        source.reset();
    }
    writer.finish(options.split, [&] {
        if (options.progress) options.progress(total, total);
    });
    report.steps = writer.steps();
    for (const auto& episode : writer.episodes()) {
        ++report.episodes;
        if (episode.end == store::End::terminated) ++report.terminated;
        if (episode.end == store::End::truncated) ++report.truncated;
        if (episode.end == store::End::unfinished) ++report.unfinished;
    }
    return report;
}

}  // namespace mast::ingest
