// A course of values too long to draw, kept as what is seen of it.
#pragma once

#include <cstdint>
#include <vector>

namespace mast::picture {

/// Values at places that do not fall, in bounded memory: of neighbours that would share a column of
/// pixels the least, mean and largest are kept.
class Trace {
  public:
    struct Column {
        double place = 0;  ///< mean place of its values
        double least = 0;
        double mean = 0;
        double most = 0;
    };

    /// At most that many columns come out, and at least half of it where there are more values.
    explicit Trace(std::int64_t columns) : limit_(columns) {}

    /// Of values that are not finite nothing is kept. Places are 0 or more.
    void add(double place, double value);
    bool empty() const { return bins_.empty(); }
    /// Of the last value; there is one.
    double last_place() const { return last_; }
    /// In order of place.
    std::vector<Column> columns() const;

  private:
    struct Bin {
        std::int64_t number;  ///< place / width, rounded down
        std::int64_t count;
        double places, values, least, most;  ///< sums and bounds
    };
    void halve();

    std::int64_t limit_;
    double last_ = 0;
    double width_ = 1;  ///< of a bin; doubled when there are too many
    std::vector<Bin> bins_;
};

}  // namespace mast::picture
