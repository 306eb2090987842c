// The second half of a source: its episodes, block by block.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "ingest/source.h"

namespace mast::ingest {

using store::End;

namespace {

std::span<const float> rows_of(const std::vector<float>& values, std::int64_t from,
                               std::int64_t count, std::int64_t width) {
    return std::span(values).subspan(static_cast<std::size_t>(from * width),
                                     static_cast<std::size_t>(count * width));
}

}  // namespace

std::int64_t block_steps(const store::TrajectorySpec& spec) {
    const auto row = static_cast<std::int64_t>(sizeof(float)) * (spec.obs_dim + spec.act_dim + 3);
    return std::max<std::int64_t>(1, kBlockBytes / row);
}

void Source::read_block(const Opened& episode, std::int64_t first, std::int64_t count,
                        Block& block) {
    between_();
    episode.obs->read(first, count, block.obs);
    if (discrete()) {
        episode.act->read_classes(first, count, classes_, block.classes);
        if (episode.mask) read_mask(episode, first, count, block);
    } else {
        episode.act->read(first, count, block.act);
        find_outside(episode, first, block.act);
    }
    if (episode.rew) {
        episode.rew->read(first, count, block.rew);
    } else {
        block.rew.assign(static_cast<std::size_t>(count), 0.0F);
    }
}

/// Recorded actions may lie outside of the bounds of their space, which an environment would not
/// take; to be told, for they are data.
void Source::find_outside(const Opened& episode, std::int64_t first,
                          const std::vector<float>& act) {
    for (std::size_t row = 0; row * static_cast<std::size_t>(spec_.act_dim) < act.size(); ++row) {
        const float* value = act.data() + row * static_cast<std::size_t>(spec_.act_dim);
        bool outside = false;
        for (const auto& part : act_) {
            for (std::size_t c = 0; c < part.low.size() && !outside; ++c) {
                // A value that was clipped in another precision may miss its bound by a digit.
                const float slack = 1e-6F * std::max(std::abs(part.low[c]), std::abs(part.high[c]));
                if (!(value[c] < part.low[c] - slack || value[c] > part.high[c] + slack)) continue;
                outside = true;
                if (outside_ > 0) continue;
                first_outside_ = fmt::format(
                    "{}/{}: row {} column {} is {}", root_.where(),
                    with_number(part.path, episode.number), first + static_cast<std::int64_t>(row),
                    c, fmt::format("{}, outside of {} to {}", value[c], part.low[c], part.high[c]));
            }
            value += part.columns;
        }
        if (outside) ++outside_;
    }
}

std::string Source::remark() const {
    if (outside_ == 0) return "";
    return fmt::format(
        "{} as its space says, so are actions of {} of {} steps (a policy keeps to what is "
        "recorded, not to the space)",
        first_outside_, outside_, steps_);
}

/// Which actions are valid; the one that was taken must be.
void Source::read_mask(const Opened& episode, std::int64_t first, std::int64_t count,
                       Block& block) const {
    episode.mask->read(first, count, block.mask);
    block.may.resize(block.mask.size());
    for (std::size_t i = 0; i < block.mask.size(); ++i) {
        const auto place = static_cast<std::int64_t>(i);
        if (block.mask[i] != 0 && block.mask[i] != 1) {
            fail<DataError>("{}: row {} column {} is {}, expected 1 where an action is valid, or 0",
                            episode.mask->where(), first + place / classes_.count,
                            place % classes_.count, block.mask[i]);
        }
        block.may[i] = block.mask[i] != 0 ? 1 : 0;
    }
    for (std::int64_t r = 0; r < count; ++r) {
        const auto taken = block.classes[static_cast<std::size_t>(r)];
        if (block.may[static_cast<std::size_t>(r * classes_.count + taken)] != 0) continue;
        fail<DataError>(
            "{}: row {} is {}, which {} calls invalid there, expected an action that is valid "
            "(mend the mask, or remove that episode)",
            episode.act->where(), first + r, taken + classes_.start, episode.mask->where());
    }
}

void Source::append(const Block& block, std::int64_t from, std::int64_t count,
                    EpisodeSink& sink) const {
    store::StepBlock part;
    part.steps = count;
    part.obs = rows_of(block.obs, from, count, spec_.obs_dim);
    if (discrete()) {
        part.classes =
            std::span(block.classes)
                .subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(count));
        if (spec_.action_masks) {
            part.may =
                std::span(block.may).subspan(static_cast<std::size_t>(from * spec_.act_dim),
                                             static_cast<std::size_t>(count * spec_.act_dim));
        }
    } else {
        part.act = rows_of(block.act, from, count, spec_.act_dim);
    }
    part.rew = rows_of(block.rew, from, count, 1);
    sink.append(part);
}

std::vector<float> Source::final_obs(const Opened& episode, std::int64_t last) const {
    std::vector<float> row;
    if (episode.obs->rows() == episode.steps + 1 && last == episode.steps - 1) {
        episode.obs->read(episode.steps, 1, row);
    } else if (episode.next_obs) {
        episode.next_obs->read(last, 1, row);
    }
    return row;
}

End Source::end_of(const Opened& episode) const {
    const auto raised = [](Columns* flags) {
        if (flags == nullptr) return false;
        std::vector<float> last;
        flags->read(flags->rows() - 1, 1, last);
        return last[0] != 0;
    };
    // An episode that met its end and its time limit at once ended.
    if (raised(episode.terminals.get())) return End::terminated;
    return raised(episode.timeouts.get()) ? End::truncated : End::unfinished;
}

void Source::read_episode(const Opened& episode, EpisodeSink& sink) {
    Block block;
    const auto most = block_steps(spec_);
    for (std::int64_t first = 0; first < episode.steps; first += most) {
        const auto count = std::min(most, episode.steps - first);
        read_block(episode, first, count, block);
        append(block, 0, count, sink);
    }
    sink.end_episode(end_of(episode), final_obs(episode, episode.steps - 1));
}

void Source::read_flat(EpisodeSink& sink) {
    const auto all = open(0);
    Block block;
    const auto most = block_steps(spec_);
    bool open_episode = false;
    for (std::int64_t first = 0; first < all.steps; first += most) {
        const auto count = std::min(most, all.steps - first);
        read_block(all, first, count, block);
        if (all.terminals) all.terminals->read(first, count, block.terminals);
        if (all.timeouts) all.timeouts->read(first, count, block.timeouts);
        std::int64_t from = 0;
        for (std::int64_t r = 0; r < count; ++r) {
            const auto i = static_cast<std::size_t>(r);
            const bool terminated = all.terminals && block.terminals[i] != 0;
            const bool truncated = all.timeouts && block.timeouts[i] != 0;
            if (!terminated && !truncated) continue;
            append(block, from, r + 1 - from, sink);
            sink.end_episode(terminated ? End::terminated : End::truncated,
                             final_obs(all, first + r));
            from = r + 1;
        }
        if (from < count) append(block, from, count - from, sink);
        open_episode = from < count;
    }
    if (open_episode) sink.end_episode(End::unfinished, final_obs(all, all.steps - 1));
}

void Source::read(EpisodeSink& sink) {
    if (flat()) {
        read_flat(sink);
        return;
    }
    for (const auto number : numbers_)
        read_episode(open(number), sink);
}

}  // namespace mast::ingest
