// Batches of several domains in turn, each of one.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "train/batch_source.h"

namespace mast::train {

/// Which domain a batch is of, and the how-manieth of that domain it is: a pure function of the
/// seed and the number of the batch. Of each kPeriod batches a domain has its share, rounded, at
/// least one, in an order drawn for the period.
class DomainOrder {
  public:
    static constexpr std::int64_t kPeriod = 1000;

    /// shares: above 0, of any sum; at most kPeriod of them.
    DomainOrder(const std::vector<double>& shares, std::uint64_t seed);

    struct Place {
        std::size_t domain;
        std::int64_t number;  ///< among the batches of the domain
    };
    Place at(std::int64_t batch) const;
    /// Of the batches, exactly.
    double share(std::size_t domain) const;

  private:
    std::int64_t count(std::size_t domain) const { return first_[domain + 1] - first_[domain]; }

    std::vector<std::int64_t> first_;  ///< slot of the period where each domain begins; kPeriod
    std::uint64_t seed_;
};

class MixedSource : public BatchSource {
  public:
    /// parts: one for each domain, under the same objectives and batch size.
    MixedSource(std::vector<std::unique_ptr<BatchSource>> parts, const DomainOrder& order);

    void load_part(std::int64_t number, std::int64_t first, std::int64_t count,
                   mask::Batch& out) override;
    /// Those of all domains; channels and scaler are the first's.
    const std::vector<mask::Objective>& objectives() const override {
        return parts_.front()->objectives();
    }
    const window::Channels& channels() const override { return parts_.front()->channels(); }
    const window::Scaler& scaler() const override { return parts_.front()->scaler(); }
    std::int64_t batch_size() const override { return parts_.front()->batch_size(); }

  private:
    std::vector<std::unique_ptr<BatchSource>> parts_;
    DomainOrder order_;
};

}  // namespace mast::train
