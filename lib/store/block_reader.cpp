#include "store/block_reader.h"

#include <algorithm>

namespace mast::store {

std::int64_t BlockReader::rows() const {
    constexpr std::int64_t kBlockBytes = std::int64_t{8} << 20U;
    const auto& spec = store_.spec();
    const auto row = static_cast<std::int64_t>(sizeof(float)) * (spec.obs_dim + spec.act_dim + 1);
    return std::max<std::int64_t>(1, kBlockBytes / row);
}

StepBlock BlockReader::read(std::int64_t first, std::int64_t count) {
    StepBlock block;
    block.steps = count;
    block.obs = values(Modality::obs, first, count, obs_);
    block.rew = values(Modality::rew, first, count, rew_);
    if (store_.spec().action_kind == ActionKind::continuous) {
        block.act = values(Modality::act, first, count, act_);
        return block;
    }
    classes_.resize(static_cast<std::size_t>(count));
    store_.read_classes(first, count, classes_);
    block.classes = classes_;
    if (store_.spec().action_masks) {
        may_.resize(static_cast<std::size_t>(count * store_.spec().act_dim));
        store_.read_action_masks(first, count, may_);
        block.may = may_;
    }
    return block;
}

std::span<const float> BlockReader::values(Modality modality, std::int64_t first,
                                           std::int64_t count, std::vector<float>& into) {
    into.resize(static_cast<std::size_t>(count * store_.dim(modality)));
    store_.read(modality, first, count, into);
    return into;
}

}  // namespace mast::store
