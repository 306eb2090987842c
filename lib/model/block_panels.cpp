#include "model/block_panels.h"

#include "compute/profile.h"

namespace mast::model {

namespace {

using compute::Panels;
using compute::Precision;

std::int64_t forward_floats(std::int64_t c, Precision p) {
    return Panels::floats(c, 3 * c, p) + Panels::floats(c, c, p) + Panels::floats(c, 4 * c, p) +
           Panels::floats(4 * c, c, p);
}

std::int64_t backward_floats(std::int64_t c, Precision p) {
    return Panels::floats(3 * c, c, p) + Panels::floats(c, c, p) + Panels::floats(4 * c, c, p) +
           Panels::floats(c, 4 * c, p);
}

/// Packs one matrix after another into the same memory.
template <class Pack>
PackedBlock pack_all(const BlockTensors& values, Precision precision, float* memory,
                     const Pack& pack) {
    const compute::OpTimer timer(compute::Op::pack);
    const auto next = [&](const Linear& layer) {
        const Panels panels = pack(layer.weight, precision, memory);
        // cppcheck-suppress uselessAssignmentPtrArg  // the next call of this lambda reads it
        memory += Panels::floats(panels.depth, panels.cols, precision);
        return panels;
    };
    PackedBlock packed;
    packed.qkv = next(values.qkv);
    packed.attention_out = next(values.attention_out);
    packed.mlp_in = next(values.mlp_in);
    packed.mlp_out = next(values.mlp_out);
    return packed;
}

}  // namespace

BlockPanels::BlockPanels(std::int64_t width, Precision precision)
    : precision_(precision),
      forward_memory_(forward_floats(width, precision)),
      backward_memory_(backward_floats(width, precision)) {}

void BlockPanels::pack_forward(const BlockTensors& values) {
    forward_ =
        pack_all(values, precision_, forward_memory_.span().data(), compute::pack_transposed);
}

void BlockPanels::pack_backward(const BlockTensors& values) {
    backward_ = pack_all(values, precision_, backward_memory_.span().data(), compute::pack);
}

}  // namespace mast::model
