#include "model/embedding.h"

#include <algorithm>
#include <string>

#include "compute/linear.h"
#include "compute/rows.h"

namespace mast::model {

namespace {

/// The token of a row.
struct Place {
    std::int64_t row;  ///< of x
    std::int64_t step;
    std::int64_t slot;   ///< its modality's place in the layout
    std::size_t token;   ///< b * n + token of the batch
    std::int64_t value;  ///< row b * T + t of the batch's values that is its own
};

/// Calls visit(place) for every row, in order.
template <class Visit>
void for_each_place(const Rows& rows, const Visit& visit) {
    const auto steps = rows.batch.windows.steps;
    const auto per_step = rows.view.objective->layout.per_step();
    for (std::int64_t b = 0; b < rows.set.samples(); ++b) {
        auto row = rows.set.first()[static_cast<std::size_t>(b)];
        const auto sample = rows.first + b;
        for (const auto token : rows.set.tokens_of(b)) {
            const auto step = token / per_step;
            visit(Place{row++, step, token % per_step,
                        static_cast<std::size_t>(sample * steps * per_step + token),
                        sample * steps + step});
        }
    }
}

/// Finds the rows of a modality's tokens that show a value, and which; into scratch.row and
/// scratch.source. Returns how many.
std::int64_t find_shown(const Rows& rows, std::int64_t slot, EmbeddingScratch& scratch) {
    std::size_t found = 0;
    for_each_place(rows, [&](const Place& place) {
        if (place.slot != slot || rows.view.masked(place.token)) return;
        scratch.row[found] = place.row;
        scratch.source[found] =
            rows.view.source.empty() ? place.value : rows.view.source[place.token];
        ++found;
    });
    return static_cast<std::int64_t>(found);
}

/// The values that find_shown() found, (count, D).
Matrix<const float> shown_values(const std::vector<float>& all, std::int64_t count,
                                 std::int64_t dim, EmbeddingScratch& scratch) {
    const auto shown = scratch.shown.matrix(count, dim);
    for (std::int64_t i = 0; i < count; ++i)
        std::copy_n(all.data() + scratch.source[static_cast<std::size_t>(i)] * dim, dim,
                    shown.row(i));
    return shown;
}

void add_row(const float* from, std::int64_t count, float* to) {
    for (std::int64_t c = 0; c < count; ++c)
        to[c] += from[c];
}

/// Rows of x of one modality's tokens that show a value become the linear map of it, or its class's
/// row.
void place_content(const EmbeddingTensors& values, const ModelConfig& config, const Rows& rows,
                   std::int64_t slot, EmbeddingScratch& scratch, Matrix<float> x) {
    const auto& windows = rows.batch.windows;
    const auto m = store::index_of(config.layout.modality_of(slot));
    const auto& tensors = values.modalities[static_cast<std::size_t>(slot)];
    const auto count = find_shown(rows, slot, scratch);
    if (count == 0) return;
    const std::span index(scratch.row.data(), static_cast<std::size_t>(count));
    if (config.channels[m].discrete) {
        for (std::size_t i = 0; i < index.size(); ++i) {
            const auto number = windows.classes[static_cast<std::size_t>(scratch.source[i])];
            std::copy_n(tensors.classes.row(number), x.cols, x.row(index[i]));
        }
        return;
    }
    const auto content = scratch.content.matrix(count, x.cols);
    compute::linear(shown_values(windows.values[m], count, config.channels[m].dim, scratch),
                    tensors.linear.weight, tensors.linear.bias, content);
    compute::place_rows(content, index, x);
}

/// The gradients of place_content(), from dx.
void add_content_gradient(const EmbeddingTensors& gradients, const ModelConfig& config,
                          const Rows& rows, std::int64_t slot, EmbeddingScratch& scratch,
                          Matrix<const float> dx) {
    const auto& windows = rows.batch.windows;
    const auto m = store::index_of(config.layout.modality_of(slot));
    const auto& tensors = gradients.modalities[static_cast<std::size_t>(slot)];
    const auto count = find_shown(rows, slot, scratch);
    if (count == 0) return;
    const std::span index(scratch.row.data(), static_cast<std::size_t>(count));
    if (config.channels[m].discrete) {
        for (std::size_t i = 0; i < index.size(); ++i) {
            const auto number = windows.classes[static_cast<std::size_t>(scratch.source[i])];
            add_row(dx.row(index[i]), dx.cols, tensors.classes.row(number));
        }
        return;
    }
    const auto dcontent = scratch.content.matrix(count, dx.cols);
    compute::gather_rows(dx, index, dcontent);
    compute::linear_backward(
        shown_values(windows.values[m], count, config.channels[m].dim, scratch),
        tensors.linear.weight, dcontent, {}, tensors.linear.weight, tensors.linear.bias);
}

}  // namespace

EmbeddingTensors::EmbeddingTensors(const ParameterTable& table, const ModelConfig& config,
                                   std::span<float> buffer) {
    const auto c = config.width;
    for (const auto modality : config.layout.modalities()) {
        const std::string name(store::name_of(modality));
        const auto& channel = config.channels[store::index_of(modality)];
        ModalityTensors tensors;
        if (channel.discrete) {
            tensors.classes = {
                table.of(buffer, table.find(embed_name(config, modality) + ".weight")), channel.dim,
                c};
        } else {
            tensors.linear = Linear(table, buffer, embed_name(config, modality));
        }
        if (!config.mask_constant) tensors.mask = table.of(buffer, table.find("mask." + name));
        tensors.modality = table.of(buffer, table.find("modality." + name));
        modalities.push_back(tensors);
    }
    position = {table.of(buffer, table.find("position.weight")), config.context, c};
}

EmbeddingScratch::EmbeddingScratch(std::int64_t rows, std::int64_t width, std::int64_t columns)
    : content(rows * width),
      shown(rows * columns),
      row(static_cast<std::size_t>(rows)),
      source(static_cast<std::size_t>(rows)) {}

void embed(const EmbeddingTensors& values, const ModelConfig& config, const Rows& rows,
           EmbeddingScratch& scratch, Matrix<float> x) {
    for (std::int64_t slot = 0; slot < config.layout.per_step(); ++slot)
        place_content(values, config, rows, slot, scratch, x);
    for_each_place(rows, [&](const Place& place) {
        const auto& tensors = values.modalities[static_cast<std::size_t>(place.slot)];
        float* out = x.row(place.row);
        if (rows.view.masked(place.token)) {
            if (tensors.mask.empty()) {
                std::fill_n(out, x.cols, *config.mask_constant);
            } else {
                std::copy(tensors.mask.begin(), tensors.mask.end(), out);
            }
        }
        add_row(values.position.row(place.step), x.cols, out);
        add_row(tensors.modality.data(), x.cols, out);
    });
}

void embed_backward(const EmbeddingTensors& gradients, const ModelConfig& config, const Rows& rows,
                    EmbeddingScratch& scratch, Matrix<const float> dx) {
    for (std::int64_t slot = 0; slot < config.layout.per_step(); ++slot)
        add_content_gradient(gradients, config, rows, slot, scratch, dx);
    for_each_place(rows, [&](const Place& place) {
        const auto& tensors = gradients.modalities[static_cast<std::size_t>(place.slot)];
        const float* from = dx.row(place.row);
        if (rows.view.masked(place.token) && !tensors.mask.empty())
            add_row(from, dx.cols, tensors.mask.data());
        add_row(from, dx.cols, gradients.position.row(place.step));
        add_row(from, dx.cols, tensors.modality.data());
    });
}

}  // namespace mast::model
