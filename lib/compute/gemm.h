// Matrix products in single precision by oneDNN; the only place that knows its interface.
#pragma once

#include <atomic>
#include <cstdint>

namespace mast::compute {

/// Rows of a row-major matrix inside a larger one.
struct Operand {
    const float* data;
    std::int64_t stride;  ///< elements from row to row
};

enum class Transposed { no, yes };

/// Remembers the first refusal of several products, so that parallel code need not throw.
class GemmStatus {
  public:
    void note(int status);
    /// Throws Error with `name` and the sizes of the whole product if a part of it was refused.
    void check(const char* name, std::int64_t m, std::int64_t n, std::int64_t k) const;

  private:
    std::atomic<int> first_{0};
};

/// c (m, n) = a (m, k) b + beta c, on the calling thread alone. b is (k, n), or (n, k) if
/// transposed.
///
/// beta: 0 overwrites, 1 adds. One thread and fixed sizes mean one order of sums: oneDNN's own
/// split over threads gives other bits for other numbers of threads.
void gemm(std::int64_t m, std::int64_t n, std::int64_t k, const Operand& a, const Operand& b,
          Transposed transposed_b, float beta, float* c, std::int64_t c_stride,
          GemmStatus& status) noexcept;

/// The same product in one call by oneDNN's own threads(), which the sums then depend on: only to
/// measure what the library reaches by itself.
void library_gemm(std::int64_t m, std::int64_t n, std::int64_t k, const Operand& a,
                  const Operand& b, float* c, std::int64_t c_stride, GemmStatus& status) noexcept;

}  // namespace mast::compute
