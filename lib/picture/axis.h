// A numbered axis: where values lie on it, and which of them are written beside it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mast::picture {

enum class Scale : std::uint8_t {
    linear,
    logarithmic,  ///< of positive values
    both_signs    ///< linear around 0 up to `unit`, logarithmic beyond
};

struct Tick {
    double value;
    std::string label;
};

/// From `least` to `most`, which differ; what does not is widened.
class Axis {
  public:
    /// `unit`: of Scale::both_signs.
    Axis(double least, double most, Scale scale, double unit = 1);

    double least() const { return least_; }
    double most() const { return most_; }
    /// 0 at the least value, 1 at the most, in between by the scale.
    double place(double value) const;
    /// Round values (1, 2 or 5 times a power of ten; of logarithms powers of ten), about as many.
    std::vector<Tick> ticks(int about) const;
    /// Moves the ends out to round values.
    void round_out(int about);

  private:
    double transformed(double value) const;

    double least_;
    double most_;
    Scale scale_;
    double unit_;
};

/// The step, 1, 2 or 5 times a power of ten, that cuts `range` into about so many.
double round_step(double range, int about);

/// "0.25", "1.5k", "20M", "1e-4". `step`: between neighbours that labels must part; 0: there are
/// none.
std::string label_of(double value, double step);

}  // namespace mast::picture
