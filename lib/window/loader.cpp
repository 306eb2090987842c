#include "window/loader.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "base/error.h"
#include "base/random.h"

namespace mast::window {

Channels channels_of(const store::TrajectoryReader& store,
                     std::span<const store::Modality> wanted) {
    const auto& spec = store.spec();
    Channels channels;
    for (const auto modality : wanted) {
        auto& channel = channels[store::index_of(modality)];
        channel.discrete =
            modality == store::Modality::act && spec.action_kind == store::ActionKind::discrete;
        channel.masked = channel.discrete && spec.action_masks;
        channel.dim = channel.discrete ? spec.act_dim : store.dim(modality);
    }
    return channels;
}

namespace {

std::int64_t bytes_per_row(const Channels& channels) {
    std::int64_t bytes = 0;
    for (const auto& channel : channels) {
        bytes += channel.discrete ? static_cast<std::int64_t>(sizeof(std::int32_t))
                                  : channel.dim * static_cast<std::int64_t>(sizeof(float));
        bytes += channel.masked ? channel.dim : 0;
    }
    return bytes;
}

}  // namespace

Loader::Loader(const store::TrajectoryReader& store, const EpisodeChoice& episodes,
               std::int64_t context, std::span<const store::Modality> wanted, std::uint64_t seed,
               const LoaderOptions& options)
    : store_(store),
      index_(store, episodes, context),
      scaler_(options.scaler ? *options.scaler : Scaler(store)),
      channels_(channels_of(store, wanted)),
      wanted_(wanted.begin(), wanted.end()),
      seed_(seed) {
    std::int64_t rows = 0;
    for (const auto e : index_.episodes())
        rows += store_.episodes()[static_cast<std::size_t>(e)].length;
    if (rows < options.keep_bytes / std::max<std::int64_t>(1, bytes_per_row(channels_))) {
        keep_in_memory(rows);
    }
}

void Loader::keep_in_memory(std::int64_t rows) {
    kept_.first_row.assign(store_.episodes().size(), -1);
    for (const auto modality : wanted_) {
        const auto& channel = channels_[store::index_of(modality)];
        if (channel.discrete) {
            kept_.classes.resize(static_cast<std::size_t>(rows));
            if (channel.masked) kept_.may.resize(static_cast<std::size_t>(rows * channel.dim));
        } else {
            kept_.values[store::index_of(modality)].resize(
                static_cast<std::size_t>(rows * channel.dim));
        }
    }
    const auto& episodes = store_.episodes();
    const auto chosen = index_.episodes();
    std::int64_t row = 0;
    for (std::size_t i = 0; i < chosen.size();) {
        // Neighbouring episodes are read in one go.
        const auto first = static_cast<std::size_t>(chosen[i]);
        const std::int64_t to = row;
        for (auto e = first; i < chosen.size() && static_cast<std::size_t>(chosen[i]) == e;
             ++i, ++e) {
            kept_.first_row[e] = row;
            row += episodes[e].length;
        }
        keep_rows(episodes[first].start, row - to, to);
    }
    kept_in_memory_ = true;
}

void Loader::keep_rows(std::int64_t first, std::int64_t count, std::int64_t to) {
    const auto at = static_cast<std::size_t>(to);
    const auto rows = static_cast<std::size_t>(count);
    for (const auto modality : wanted_) {
        const auto& channel = channels_[store::index_of(modality)];
        const auto dim = static_cast<std::size_t>(channel.dim);
        if (channel.discrete) {
            read_classes(first, count, std::span(kept_.classes).subspan(at, rows));
            if (channel.masked)
                store_.read_action_masks(first, count,
                                         std::span(kept_.may).subspan(at * dim, rows * dim));
            continue;
        }
        const std::span<float> values = kept_.values[store::index_of(modality)];
        read_values(modality, first, count, values.subspan(at * dim, rows * dim));
    }
}

void Loader::load(std::int64_t first, std::int64_t batch, Windows& out) {
    MAST_ASSERT(first >= 0);
    out.resize(batch, index_.context(), channels_, wanted_);
    for (std::int64_t slot = 0; slot < batch;) {
        const std::int64_t epoch = (first + slot) / count();
        const Permutation order(count(), seed_, "epoch order", static_cast<std::uint64_t>(epoch));
        for (; slot < batch && (first + slot) / count() == epoch; ++slot) {
            read_window(index_.at(order((first + slot) % count())), slot, out);
        }
    }
}

void Loader::load_in_order(std::int64_t first, std::int64_t batch, Windows& out) {
    out.resize(batch, index_.context(), channels_, wanted_);
    for (std::int64_t slot = 0; slot < batch; ++slot)
        read_window(index_.at(first + slot), slot, out);
}

void Loader::load_chosen(std::span<const std::int64_t> numbers, Windows& out) {
    out.resize(static_cast<std::int64_t>(numbers.size()), index_.context(), channels_, wanted_);
    for (std::size_t slot = 0; slot < numbers.size(); ++slot) {
        read_window(index_.at(numbers[slot]), static_cast<std::int64_t>(slot), out);
    }
}

void Loader::read_window(const Window& window, std::int64_t slot, Windows& out) {
    const auto episode = static_cast<std::size_t>(window.episode);
    const std::int64_t source = window.start + (kept_in_memory_ ? kept_.first_row[episode]
                                                                : store_.episodes()[episode].start);
    const auto first = static_cast<std::size_t>(slot * out.steps);
    const auto steps = static_cast<std::size_t>(out.steps);
    const auto length = static_cast<std::size_t>(window.length);
    for (const auto modality : wanted_) {
        const auto m = store::index_of(modality);
        const auto dim = static_cast<std::size_t>(channels_[m].dim);
        if (channels_[m].discrete) {
            const auto to = std::span(out.classes).subspan(first, steps);
            copy_classes(source, window.length, to.first(length));
            std::fill(to.begin() + window.length, to.end(), 0);
        } else {
            const auto to = std::span(out.values[m]).subspan(first * dim, steps * dim);
            copy_values(modality, source, window.length, to.first(length * dim));
            std::fill(to.begin() + window.length * channels_[m].dim, to.end(), 0.0F);
        }
        if (channels_[m].masked) {
            const auto to = std::span(out.may).subspan(first * dim, steps * dim);
            copy_masks(source, window.length, to.first(length * dim));
            std::fill(to.begin() + window.length * channels_[m].dim, to.end(), std::uint8_t{0});
        }
    }
    const auto valid = std::span(out.valid).subspan(first, steps);
    std::fill_n(valid.begin(), length, std::uint8_t{1});
    std::fill(valid.begin() + window.length, valid.end(), std::uint8_t{0});
    out.episode[static_cast<std::size_t>(slot)] = window.episode;
    out.start[static_cast<std::size_t>(slot)] = window.start;
}

void Loader::copy_values(store::Modality modality, std::int64_t source, std::int64_t count,
                         std::span<float> out) const {
    if (!kept_in_memory_) {
        read_values(modality, source, count, out);
        return;
    }
    const auto m = store::index_of(modality);
    std::copy_n(kept_.values[m].begin() + source * channels_[m].dim, out.size(), out.begin());
}

void Loader::copy_classes(std::int64_t source, std::int64_t count,
                          std::span<std::int32_t> out) const {
    if (!kept_in_memory_) {
        read_classes(source, count, out);
        return;
    }
    std::copy_n(kept_.classes.begin() + source, out.size(), out.begin());
}

void Loader::copy_masks(std::int64_t source, std::int64_t count,
                        std::span<std::uint8_t> out) const {
    if (!kept_in_memory_) {
        store_.read_action_masks(source, count, out);
        return;
    }
    const auto dim = channels_[store::index_of(store::Modality::act)].dim;
    std::copy_n(kept_.may.begin() + source * dim, out.size(), out.begin());
}

void Loader::read_values(store::Modality modality, std::int64_t first, std::int64_t count,
                         std::span<float> out) const {
    store_.read(modality, first, count, out);
    const auto bad =
        std::find_if(out.begin(), out.end(), [](float value) { return !std::isfinite(value); });
    if (bad != out.end()) {
        const std::int64_t dim = channels_[store::index_of(modality)].dim;
        const std::int64_t place = bad - out.begin();
        fail<DataError>(
            "{}: /{} row {} column {} is {}, expected a finite number (run mast verify, "
            "then ingest again)",
            store_.path().string(), store::name_of(modality), first + place / dim, place % dim,
            *bad);
    }
    scaler_.standardise(modality, out);
}

void Loader::read_classes(std::int64_t first, std::int64_t count,
                          std::span<std::int32_t> out) const {
    store_.read_classes(first, count, out);
    const std::int64_t classes = channels_[store::index_of(store::Modality::act)].dim;
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (out[i] >= 0 && out[i] < classes) continue;
        fail<DataError>(
            "{}: /act row {} is {}, expected a class from 0 to {} (run mast verify, then "
            "ingest again)",
            store_.path().string(), first + static_cast<std::int64_t>(i), out[i], classes - 1);
    }
}

}  // namespace mast::window
