#include "apply/embed.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/assert.h"
#include "base/random.h"
#include "mask/representation.h"
#include "store/hashed_dataset.h"
#include "store/header.h"
#include "window/cover.h"

namespace mast::apply {

namespace h5 = store::h5;

namespace {

constexpr std::int64_t kBatch = 64;

std::vector<window::CoverPart> parts_of(const window::WindowIndex& index,
                                        const mask::Objective& objective) {
    const auto stride = std::max<std::int64_t>(1, index.context() / 2);
    const auto spare = index.context() - stride;
    return window::cover(index, stride, mask::looks_ahead(objective) ? spare / 2 : spare);
}

/// As many of the parts as hold `most` steps at most, drawn from all, in the order of the store.
std::vector<window::CoverPart> drawn(const std::vector<window::CoverPart>& parts,
                                     std::int64_t most) {
    const auto count = static_cast<std::int64_t>(parts.size());
    const Permutation order(count, 0, "represented steps", 0);
    std::vector<std::size_t> places;
    std::int64_t steps = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        const auto place = static_cast<std::size_t>(order(i));
        steps += parts[place].count;
        if (steps > most && i > 0) break;
        places.push_back(place);
    }
    std::sort(places.begin(), places.end());
    std::vector<window::CoverPart> chosen;
    for (const auto place : places)
        chosen.push_back(parts[place]);
    return chosen;
}

template <class T, class Get>
void write_column(h5::Group& group, const char* name, const std::vector<store::Episode>& episodes,
                  Get get) {
    std::vector<T> values;
    for (const auto& episode : episodes)
        values.push_back(static_cast<T>(get(episode)));
    store::write_whole<T>(group, name, {static_cast<std::int64_t>(values.size())}, values);
}

/// So that the rows can be told apart without the store.
void write_episodes(h5::Group& root, const std::vector<store::Episode>& episodes) {
    auto group = root.create_group("episodes");
    write_column<std::int64_t>(group, "start", episodes, [](const auto& e) { return e.start; });
    write_column<std::int64_t>(group, "length", episodes, [](const auto& e) { return e.length; });
    write_column<std::uint8_t>(group, "split", episodes, [](const auto& e) { return e.split; });
}

}  // namespace

void represent(model::Transformer& model, window::Loader& loader, const mask::Objective& objective,
               const EmbedOptions& options, const std::function<void(const Represented&)>& visit) {
    MAST_ASSERT(objective.layout.has(store::Modality::obs));
    const std::vector readers{mask::representation(objective)};
    auto parts = parts_of(loader.index(), objective);
    if (options.most > 0) parts = drawn(parts, options.most);
    const auto total = static_cast<std::int64_t>(parts.size());
    const auto width = static_cast<std::size_t>(model.config().width);
    mask::Batch batch;
    model::Predictions rows;
    std::vector<std::int64_t> numbers;
    for (std::int64_t first = 0; first < total; first += kBatch) {
        const auto some =
            std::span(parts).subspan(static_cast<std::size_t>(first),
                                     static_cast<std::size_t>(std::min(kBatch, total - first)));
        numbers.clear();
        for (const auto& part : some)
            numbers.push_back(part.number);
        loader.load_chosen(numbers, batch.windows);
        mask::mask_windows(readers, {}, batch);
        model.represent(batch, 0, rows);
        const std::span<const float> values = rows[store::Modality::obs].values;
        std::size_t before = 0;  // rows of the samples so far
        for (std::size_t b = 0; b < some.size(); ++b) {
            const auto& part = some[b];
            visit({batch.windows, static_cast<std::int64_t>(b), part.first, part.count,
                   values.subspan((before + static_cast<std::size_t>(part.first)) * width,
                                  static_cast<std::size_t>(part.count) * width)});
            before += static_cast<std::size_t>(loader.index().at(part.number).length);
        }
        if (options.progress)
            options.progress(first + static_cast<std::int64_t>(some.size()), total);
    }
}

void embed(model::Transformer& model, const store::TrajectoryReader& store, window::Loader& loader,
           const mask::Objective& objective, const EmbedOptions& options,
           const std::filesystem::path& target, store::Overwrite overwrite,
           const store::History& history) {
    store::OutputFile output(target, overwrite);
    auto file = h5::File::create(output.temp_path(), output.target());
    std::optional<h5::Group> root = file.root();
    store::begin_header(file, store::kEmbeddings, history);
    root->set_attribute("objective", objective.spec);
    root->set_attribute("layout", objective.layout.text());
    root->set_attribute("context", objective.steps);
    write_episodes(*root, store.episodes());
    const Shape shape{store.steps(), model.config().width};
    store::HashedDataset<float> embedding(*root, "embedding", shape);
    output.reserve(embedding.bytes());
    represent(model, loader, objective, options,
              [&](const Represented& steps) { embedding.append(steps.rows); });
    embedding.close();
    root.reset();
    store::complete_header(file);
    file.close();
    output.commit();
}

}  // namespace mast::apply
