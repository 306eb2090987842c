#include "train/gradient_exchange.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "base/shape.h"
#include "compute/profile.h"

namespace mast::train {

namespace {

/// Elements that travel together at most: longer ones would wait for each other's ends.
constexpr std::size_t kMostAtOnce = std::size_t{1} << 22U;

/// The bucket of a tensor: that of its block, heads with the last block.
std::size_t bucket_of(std::string_view name, std::int64_t layers) {
    constexpr std::string_view kBlocks = "blocks.";
    if (name.starts_with("heads.") || name.starts_with("ln_f.")) return 0;
    if (!name.starts_with(kBlocks)) return static_cast<std::size_t>(layers);
    std::int64_t layer = 0;
    name.remove_prefix(kBlocks.size());
    std::from_chars(name.data(), name.data() + name.size(), layer);
    return static_cast<std::size_t>(layers - 1 - layer);
}

/// Neighbours in memory become one; what is long, several.
void add(std::span<float> tensor, std::vector<std::span<float>>& bucket) {
    constexpr std::size_t kGap = 16;  // elements between tensors, which are zeros
    if (!bucket.empty()) {
        auto& last = bucket.back();
        const auto joined = static_cast<std::size_t>(tensor.data() + tensor.size() - last.data());
        const auto gap = tensor.data() - (last.data() + last.size());
        if (gap >= 0 && gap < static_cast<std::ptrdiff_t>(kGap) && joined <= kMostAtOnce) {
            last = {last.data(), joined};
            return;
        }
    }
    for (std::size_t i = 0; i < tensor.size(); i += kMostAtOnce)
        bucket.push_back(tensor.subspan(i, std::min(kMostAtOnce, tensor.size() - i)));
}

}  // namespace

GradientExchange::GradientExchange(model::Transformer& model, Processes& processes, Wire wire)
    : processes_(processes),
      wire_(wire),
      layers_(model.config().layers),
      buckets_(static_cast<std::size_t>(layers_) + 1) {
    const auto& table = model.table();
    for (const auto& parameter : table.parameters()) {
        // Averages have no gradient: they follow the values.
        if (!parameter.trained || parameter.name.starts_with("average.")) continue;
        add(table.of(model.gradients(), parameter), buckets_[bucket_of(parameter.name, layers_)]);
    }
}

void GradientExchange::begin(std::size_t buckets) {
    for (; begun_ < buckets; ++begun_) {
        for (const auto values : buckets_[begun_])
            processes_.begin_sum(values, wire_);
    }
}

void GradientExchange::block_done(std::int64_t layer) {
    begin(static_cast<std::size_t>(layers_ - layer));
}

void GradientExchange::finish() {
    const compute::OpTimer timer(compute::Op::exchange);
    begin(buckets_.size());
    processes_.finish_sums();
    begun_ = 0;
}

}  // namespace mast::train
