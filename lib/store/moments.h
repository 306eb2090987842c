// Mean, standard deviation and range of columns, gathered block by block.
#pragma once

#include <cstdint>
#include <vector>

namespace mast::store {

/// Each block is summed around its own mean and merged (Chan et al. 1979), in double precision, so
/// that a mean of 1e6 beside a deviation of 1 keeps its digits.
class Moments {
  public:
    explicit Moments(std::int64_t columns);

    /// rows (count, columns).
    void add(const float* rows, std::int64_t count);

    std::vector<double> mean() const { return mean_; }
    /// Of the population; zeros if nothing was added.
    std::vector<double> std() const;
    std::vector<double> min() const { return min_; }
    std::vector<double> max() const { return max_; }

  private:
    std::int64_t count_ = 0;
    std::vector<double> mean_, square_, min_, max_;
    std::vector<double> block_mean_, block_square_;
};

}  // namespace mast::store
