#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "base/error.h"
#include "base/hash.h"
#include "store/action_mask.h"
#include "store/checksum.h"
#include "store/train_moments.h"
#include "store/trajectories.h"
#include "store/trajectory_file.h"

namespace mast::store {

namespace {

bool same_spec(const TrajectorySpec& a, const TrajectorySpec& b) {
    const bool may_differ = a.action_kind == ActionKind::discrete && !a.action_masks;
    return a.obs_dim == b.obs_dim && a.action_kind == b.action_kind &&
           a.action_masks == b.action_masks && (may_differ || a.act_dim == b.act_dim) &&
           a.discount == b.discount;
}

}  // namespace

struct TrajectoryReader::State {
    explicit State(const std::vector<std::filesystem::path>& paths);
    void join(const TrajectoryFile& part);
    void gather_statistics(Modality modality);
    void read_all_statistics();
    /// Calls take(part, first row in the part, count, rows before) for the parts of a run of rows.
    template <class Take>
    void for_parts(std::int64_t first, std::int64_t count, const Take& take) const;

    std::vector<TrajectoryFile> parts;
    std::vector<std::int64_t> first_row;      ///< of each part, and N
    std::vector<std::int64_t> first_episode;  ///< of each part, and E
    TrajectorySpec spec;
    SplitRule rule;
    History history;
    std::vector<Episode> episodes;
    std::array<Statistics, kModalities.size()> statistics;
    std::array<bool, kModalities.size()> gathered{};
};

TrajectoryReader::State::State(const std::vector<std::filesystem::path>& paths)
    : first_row{0}, first_episode{0} {
    MAST_ASSERT(!paths.empty());
    for (const auto& path : paths) {
        parts.emplace_back(path);
        join(parts.back());
    }
    if (parts.front().shard) rule = parts.front().read_rule();
    if (parts.size() == 1) {
        read_all_statistics();
        return;
    }
    const auto splits = draw_splits(static_cast<std::int64_t>(episodes.size()), rule);
    for (std::size_t e = 0; e < splits.size(); ++e)
        episodes[e].split = splits[e];
}

void TrajectoryReader::State::join(const TrajectoryFile& part) {
    const auto& first = parts.front();
    if (!same_spec(part.spec, first.spec)) {
        fail<DataError>(
            "{}: has {} observation and {} action columns, or another discount, expected {} and {} "
            "as in {} (ingest them apart)",
            part.path.string(), part.spec.obs_dim, part.spec.act_dim, first.spec.obs_dim,
            first.spec.act_dim, first.path.string());
    }
    if (parts.size() == 1) spec = part.spec;
    spec.act_dim = std::max(spec.act_dim, part.spec.act_dim);
    history = store::join(history, part.header.history);
    for (auto episode : part.episodes) {
        episode.start += first_row.back();
        episodes.push_back(episode);
    }
    first_row.push_back(first_row.back() + part.steps);
    first_episode.push_back(static_cast<std::int64_t>(episodes.size()));
}

void TrajectoryReader::State::read_all_statistics() {
    const auto read = [&](Modality modality, std::int64_t columns) {
        statistics[index_of(modality)] = parts.front().read_statistics(modality, columns);
    };
    read(Modality::obs, spec.obs_dim);
    if (spec.action_kind != ActionKind::discrete) read(Modality::act, spec.act_dim);
    read(Modality::rew, 1);
    read(Modality::rtg, 1);
    gathered.fill(true);
}

void TrajectoryReader::State::gather_statistics(Modality modality) {
    auto& done = gathered[index_of(modality)];
    const bool classes = modality == Modality::act && spec.action_kind == ActionKind::discrete;
    if (done || classes) return;
    done = true;
    const auto columns = parts.front().dataset(modality).row_size();
    const auto block = block_rows(columns * static_cast<std::int64_t>(sizeof(float)));
    TrainMoments train(episodes, columns);
    const auto rows = first_row.back();
    std::vector<float> values(static_cast<std::size_t>(std::min(block, rows) * columns));
    for (std::int64_t first = 0; first < rows; first += block) {
        const auto count = std::min(block, rows - first);
        for_parts(first, count, [&](const TrajectoryFile& part, auto from, auto some, auto before) {
            part.dataset(modality).read(from, some, values.data() + before * columns);
        });
        train.add(first, count, values.data());
    }
    const auto& moments = train.moments();
    statistics[index_of(modality)] = {moments.mean(), moments.std(), moments.min(), moments.max()};
}

template <class Take>
void TrajectoryReader::State::for_parts(std::int64_t first, std::int64_t count,
                                        const Take& take) const {
    const auto after = std::upper_bound(first_row.begin(), first_row.end(), first);
    auto part = static_cast<std::size_t>(after - first_row.begin() - 1);
    for (std::int64_t before = 0; before < count; ++part) {
        MAST_ASSERT(part < parts.size());
        const auto from = first + before - first_row[part];
        const auto some = std::min(count - before, parts[part].steps - from);
        take(parts[part], from, some, before);
        before += some;
    }
}

TrajectoryReader::TrajectoryReader(const std::filesystem::path& path)
    : TrajectoryReader(std::vector<std::filesystem::path>{path}) {}
TrajectoryReader::TrajectoryReader(const std::vector<std::filesystem::path>& paths)
    : state_(std::make_unique<State>(paths)) {}
TrajectoryReader::~TrajectoryReader() = default;
TrajectoryReader::TrajectoryReader(TrajectoryReader&&) noexcept = default;

const std::filesystem::path& TrajectoryReader::path() const {
    return state_->parts.front().path;
}
std::vector<TrajectoryReader::File> TrajectoryReader::files() const {
    std::vector<File> files;
    for (const auto& part : state_->parts) {
        auto content = store::content_hash(part.root);
        // A shard's split and statistics are those of its whole, which its datasets do not tell.
        if (part.shard) {
            content += part.shard->set;
            content = hash_text(hash64(content.data(), content.size()));
        }
        files.push_back({part.path, content});
    }
    return files;
}
const SplitRule& TrajectoryReader::split_rule() const {
    return state_->rule;
}
const TrajectorySpec& TrajectoryReader::spec() const {
    return state_->spec;
}
const std::vector<Episode>& TrajectoryReader::episodes() const {
    return state_->episodes;
}
std::int64_t TrajectoryReader::steps() const {
    return state_->first_row.back();
}
const Statistics& TrajectoryReader::statistics(Modality modality) const {
    state_->gather_statistics(modality);
    return state_->statistics[index_of(modality)];
}
const History& TrajectoryReader::history() const {
    return state_->history;
}
std::string TrajectoryReader::content_hash() const {
    const auto all = files();
    if (all.size() == 1) return all.front().content;
    std::string text;
    for (const auto& file : all)
        text += file.content;
    return hash_text(hash64(text.data(), text.size()));
}

std::int64_t TrajectoryReader::dim(Modality modality) const {
    switch (modality) {
        case Modality::obs:
            return state_->spec.obs_dim;
        case Modality::act:
            return state_->spec.act_dim;
        case Modality::rew:
        case Modality::rtg:
            break;
    }
    return 1;
}

void TrajectoryReader::read(Modality modality, std::int64_t first, std::int64_t count,
                            std::span<float> out) const {
    MAST_ASSERT(modality != Modality::act || state_->spec.action_kind == ActionKind::continuous);
    MAST_ASSERT(static_cast<std::int64_t>(out.size()) >= count * dim(modality));
    state_->for_parts(
        first, count, [&](const TrajectoryFile& part, auto from, auto some, auto before) {
            part.dataset(modality).read(from, some, out.data() + before * dim(modality));
        });
}

void TrajectoryReader::read_classes(std::int64_t first, std::int64_t count,
                                    std::span<std::int32_t> out) const {
    MAST_ASSERT(state_->spec.action_kind == ActionKind::discrete);
    MAST_ASSERT(static_cast<std::int64_t>(out.size()) >= count);
    state_->for_parts(first, count,
                      [&](const TrajectoryFile& part, auto from, auto some, auto before) {
                          part.act.read(from, some, out.data() + before);
                          for (std::int64_t row = 0; row < some; ++row) {
                              const auto value = out[static_cast<std::size_t>(before + row)];
                              if (value >= 0 && value < state_->spec.act_dim) continue;
                              fail<DataError>(
                                  "{}: row {} is {}, expected an action of 0 to {} (make the store "
                                  "again with mast "
                                  "ingest)",
                                  part.act.where(), from + row, value, state_->spec.act_dim - 1);
                          }
                      });
}

void TrajectoryReader::read_action_masks(std::int64_t first, std::int64_t count,
                                         std::span<std::uint8_t> out) const {
    const auto dim = state_->spec.act_dim;
    MAST_ASSERT(state_->spec.action_masks);
    MAST_ASSERT(static_cast<std::int64_t>(out.size()) == count * dim);
    state_->for_parts(first, count,
                      [&](const TrajectoryFile& part, auto from, auto some, auto before) {
                          part.action_mask->read(from, some, out.data() + before * dim);
                      });
    std::vector<std::int32_t> classes(static_cast<std::size_t>(count));
    read_classes(first, count, classes);
    if (allows(out, classes)) return;
    fail<DataError>(
        "{}: holds in rows {} to {} what is neither 0 nor 1, or 0 for the action that was taken, "
        "expected 1 for each that is valid (make the store again with mast ingest)",
        state_->parts.front().action_mask->where(), first, first + count - 1);
}

bool TrajectoryReader::read_final_obs(std::int64_t episode, std::span<float> out) const {
    const auto& firsts = state_->first_episode;
    const auto after = std::upper_bound(firsts.begin(), firsts.end(), episode);
    const auto part = static_cast<std::size_t>(after - firsts.begin() - 1);
    state_->parts[part].final_obs.read(episode - firsts[part], 1, out.data());
    return !std::isnan(out[0]);
}

std::vector<std::string> TrajectoryReader::damage() const {
    std::vector<std::string> damage;
    for (const auto& part : state_->parts) {
        auto lines = damage_inside(part.root);
        damage.insert(damage.end(), lines.begin(), lines.end());
    }
    return damage;
}

}  // namespace mast::store
