// A micro-batch on its way through the network and back.
#include <algorithm>

#include "compute/rows.h"
#include "model/transformer_state.h"

namespace mast::model {

namespace {

/// The key of a layer's block; that of the embedding is the first.
compute::DropoutKey block_dropout(compute::DropoutKey key, std::size_t layer) {
    key.site = 1 + static_cast<std::uint32_t>(layer) * kDropoutSites;
    return key;
}

}  // namespace

/// The plan is made anew where the rows are others than those of the layer before.
BlockRows Transformer::State::block_rows(const mask::MaskedView& view, std::size_t layer,
                                         Workspace& work) const {
    const auto& given = work.rows.input(layer);
    const auto query = work.rows.query(layer);
    const auto& computed = work.rows.output(layer);
    if (!work.planned || !work.rows.alike(*work.planned, layer)) {
        work.plan.make({given.samples(), view.objective->tokens(), config.heads, config.width,
                        work.blocks[layer].attention_precision},
                       {given.view(), query, computed.first()}, view.objective->attend);
    }
    work.planned = layer;
    return {work.plan, query, computed.view()};
}

/// x (R, C): embedded rows, of which some is dropped.
void Transformer::State::embed_dropped(const Rows& rows, const compute::DropoutKey& dropout,
                                       Matrix<float> x, Workspace& work) {
    embed(value_tensors().embedding, config, rows, work.embedding, x);
    compute::dropout(dropout, rows.set.view(), x, x);
}

/// dx (R, C), the gradient at embed_dropped()'s output, is not needed afterwards.
void Transformer::State::embed_dropped_backward(const Rows& rows,
                                                const compute::DropoutKey& dropout,
                                                Matrix<float> dx, const Replica& replica) const {
    compute::dropout(dropout, rows.set.view(), dx, dx);
    embed_backward(replica.gradients.tensors(domain).embedding, config, rows,
                   replica.work.embedding, dx);
}

/// The encoder's output, in work.x, and the hidden tokens become the input of the next layer.
void Transformer::State::join_hidden(const Rows& joining, const compute::DropoutKey& dropout,
                                     Workspace& work) {
    const auto layer = work.rows.encoder_layers();
    const auto input = work.blocks[layer].input.matrix(work.rows.input(layer).rows(), config.width);
    const auto encoded = work.x.matrix(work.rows.output(layer - 1).rows(), config.width);
    compute::place_rows(encoded, work.rows.encoded_place(), input);
    const auto hidden = work.scratch.narrow.matrix(joining.set.rows(), config.width);
    embed_dropped(joining, dropout, hidden, work);
    compute::place_rows(hidden, work.rows.joining_place(), input);
}

/// Of the gradient in work.dx the hidden tokens take their part, and that at the encoder's output
/// stays.
void Transformer::State::part_hidden(const Rows& joining, const compute::DropoutKey& dropout,
                                     const Replica& replica) const {
    auto& work = replica.work;
    const auto layer = work.rows.encoder_layers();
    const auto dinput = work.dx.matrix(work.rows.input(layer).rows(), config.width);
    const auto dhidden = work.scratch.wide.matrix(joining.set.rows(), config.width);
    compute::gather_rows(dinput, work.rows.joining_place(), dhidden);
    embed_dropped_backward(joining, dropout, dhidden, replica);
    const auto encoded = work.rows.output(layer - 1).rows();
    const auto dencoded = work.scratch.narrow.matrix(encoded, config.width);
    compute::gather_rows(dinput, work.rows.encoded_place(), dencoded);
    std::copy_n(dencoded.data, dencoded.size(), work.dx.matrix(encoded, config.width).data);
}

void Transformer::State::run_forward(const Rows& input, const compute::DropoutKey& dropout,
                                     Workspace& work) {
    const auto& rows = work.rows;
    embed_dropped(input, dropout, work.blocks[0].input.matrix(input.set.rows(), config.width),
                  work);
    work.planned.reset();
    for (std::size_t layer = 0; layer < work.blocks.size(); ++layer) {
        if (layer > 0 && layer == rows.encoder_layers())
            join_hidden({input.batch, input.view, input.first, rows.joining()}, dropout, work);
        const bool passes = layer + 1 < work.blocks.size() && layer + 1 != rows.encoder_layers();
        auto& out = passes ? work.blocks[layer + 1].input : work.x;
        block_forward(value_tensors().blocks[layer], forward_weights(layer),
                      block_rows(input.view, layer, work), work.blocks[layer], work.scratch,
                      out.matrix(rows.output(layer).rows(), config.width),
                      block_dropout(dropout, layer));
    }
}

void Transformer::State::run_backward(const Rows& input, const compute::DropoutKey& dropout,
                                      const Replica& replica, const BlockDone& done) {
    auto& work = replica.work;
    const auto& rows = work.rows;
    auto& gradients = replica.gradients.tensors(domain);
    for (std::size_t layer = work.blocks.size(); layer-- > 0;) {
        block_backward(value_tensors().blocks[layer], backward_weights(layer),
                       gradients.blocks[layer], replica.gradients.into_block(layer),
                       block_rows(input.view, layer, work),
                       work.dx.matrix(rows.input(layer).rows(), config.width), work.blocks[layer],
                       work.scratch, block_dropout(dropout, layer));
        if (layer > 0 && layer == rows.encoder_layers())
            part_hidden({input.batch, input.view, input.first, rows.joining()}, dropout, replica);
        if (done) done(static_cast<std::int64_t>(layer));
    }
    embed_dropped_backward(input, dropout, work.dx.matrix(input.set.rows(), config.width), replica);
}

LossSums Transformer::State::run_micro_batch(const mask::Batch& batch, const mask::MaskedView& view,
                                             std::int64_t first, const Purpose& purpose,
                                             const Replica& replica, const BlockDone& done) {
    auto& work = replica.work;
    const auto* const backward = purpose.backward;
    compute::DropoutKey dropout;
    if (backward != nullptr) {
        dropout = backward->dropout;
        dropout.sample += static_cast<std::uint32_t>(first);
    }
    const Rows input{batch, view, first, work.rows.input(0)};
    run_forward(input, dropout, work);
    const Rows read{batch, view, first, work.rows.output(work.blocks.size() - 1)};
    const auto x = work.x.matrix(read.set.rows(), config.width);
    if (purpose.reading != nullptr) {
        collect(value_tensors().heads, config, read, purpose.reading->what, x, work.heads,
                purpose.reading->out);
        return {};
    }
    if (backward == nullptr)
        return read_out(value_tensors().heads, nullptr, config, read, {}, x, {}, work.heads);
    const auto dx = work.dx.matrix(read.set.rows(), config.width);
    std::fill_n(dx.data, dx.size(), 0.0F);
    const auto sums = read_out(value_tensors().heads, &replica.gradients.tensors(domain).heads,
                               config, read, backward->scale, x, dx, work.heads);
    if (trains_blocks) run_backward(input, dropout, replica, done);
    return sums;
}

}  // namespace mast::model
