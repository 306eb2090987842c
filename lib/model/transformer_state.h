// What a Transformer is made of; for its own sources.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "compute/buffer.h"
#include "model/block_panels.h"
#include "model/replica.h"
#include "model/tensors.h"
#include "model/transformer.h"

namespace mast::model {

/// What a pass with gradients is given.
struct Backward {
    std::array<float, 4> scale;  ///< see read_out()
    compute::DropoutKey dropout;
    const BlockDone& block_done;
};

/// What a pass that looks at no target is given.
struct Reading {
    Read what;
    Predictions& out;
};

/// What a pass over a view is for: losses, and perhaps one of these.
struct Purpose {
    const Backward* backward = nullptr;
    const Reading* reading = nullptr;
};

/// Samples first .. end - 1 of a batch, of which up to `rows` rows pass a layer at once.
struct Part {
    std::int64_t first;
    std::int64_t end;
    std::int64_t rows;
};

struct Transformer::State {
    State(const ModelConfig& config_in, compute::Precision wanted)
        : config(config_in.in_domain(0)), table(config), values(table.size()) {
        for (std::size_t d = 0; d < std::max<std::size_t>(1, config.domains.size()); ++d)
            value_tensors_of.emplace_back(table, config.in_domain(d), values.span());
        gradients_of.emplace_back(table, config);
        set_precision(wanted);
    }
    void use_domain(std::size_t number);
    Tensors& value_tensors() { return value_tensors_of[domain]; }
    const Tensors& value_tensors() const { return value_tensors_of[domain]; }
    /// Of the network, and of the first part: those of other parts are added to them.
    compute::Buffer& gradients() { return gradients_of.front().all(); }
    void set_precision(compute::Precision wanted);
    void freeze(const std::vector<std::string>& names);
    void clear_frozen_gradients();

    void pack_ahead(bool backward);
    BlockWeights forward_weights(std::size_t layer) const;
    BlockWeights backward_weights(std::size_t layer) const;

    LossSums run(const mask::Batch& batch, std::size_t view, const Purpose& purpose);
    /// Gradients for so many parts, and workspaces for so many of them at once.
    void make_room(std::int64_t parts, std::int64_t at_once, const window::Windows& windows,
                   std::int64_t rows);
    LossSums run_part(const mask::Batch& batch, const mask::MaskedView& view, Part part,
                      const Purpose& purpose, const Replica& replica);
    void add_gradients(std::int64_t parts);
    BlockRows block_rows(const mask::MaskedView& view, std::size_t layer, Workspace& work) const;
    /// Of the samples from `first` on that work.rows was filled with.
    LossSums run_micro_batch(const mask::Batch& batch, const mask::MaskedView& view,
                             std::int64_t first, const Purpose& purpose, const Replica& replica,
                             const BlockDone& done);
    /// The same for one sample, of which only the attention is wanted.
    AttentionMaps attention(const mask::Batch& batch, const mask::MaskedView& view,
                            std::int64_t sample);
    /// The network's output, work.x.
    void run_forward(const Rows& input, const compute::DropoutKey& dropout, Workspace& work);
    /// From the gradient at the network's output, work.dx. done: may be empty.
    void run_backward(const Rows& input, const compute::DropoutKey& dropout, const Replica& replica,
                      const BlockDone& done);
    void embed_dropped(const Rows& rows, const compute::DropoutKey& dropout, Matrix<float> x,
                       Workspace& work);
    void embed_dropped_backward(const Rows& rows, const compute::DropoutKey& dropout,
                                Matrix<float> dx, const Replica& replica) const;
    void join_hidden(const Rows& joining, const compute::DropoutKey& dropout, Workspace& work);
    void part_hidden(const Rows& joining, const compute::DropoutKey& dropout,
                     const Replica& replica) const;

    ModelConfig config;
    ParameterTable table;
    compute::Buffer values;
    std::vector<Tensors> value_tensors_of;    ///< by domain; the blocks of all are the same
    std::vector<PartGradients> gradients_of;  ///< by part; at least one
    std::vector<std::unique_ptr<Workspace>> workspaces;  ///< of parts that pass at once
    std::size_t domain = 0;                              ///< in use, as config.domain
    compute::Precision precision = compute::Precision::f32;
    bool trains_blocks = true;        ///< or what lies before them
    std::vector<BlockPanels> panels;  ///< of each block; empty: the products pack (memory.h)
};

}  // namespace mast::model
