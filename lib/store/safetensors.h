// Named float32 tensors in the safetensors format: an 8-byte little-endian header length, a JSON
// header, then the tensors one after another.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/shape.h"
#include "store/output_file.h"

namespace mast::store {

/// A tensor to be written; the owner of the values keeps them alive.
struct TensorView {
    std::string name;
    Shape shape;
    std::span<const float> values;
};

using TensorMetadata = std::map<std::string, std::string>;

/// Writes all tensors in the given order; `xxh3` of the data is added to the metadata.
void write_safetensors(const std::filesystem::path& target, Overwrite overwrite,
                       const std::vector<TensorView>& tensors, const TensorMetadata& metadata);

/// A file that was read and checked whole: its header is within bounds, the tensors cover the data
/// without holes or overlaps, sizes agree with shapes, and the recorded hash holds.
class Safetensors {
  public:
    /// Throws IoError or DataError, naming file and place.
    explicit Safetensors(const std::filesystem::path& path);

    struct Tensor {
        std::string name;
        Shape shape;
        std::size_t first;  ///< into values
        std::size_t count;
    };
    const std::vector<Tensor>& tensors() const { return tensors_; }
    /// Null if there is none of that name.
    const Tensor* find(const std::string& name) const;
    std::span<const float> values(const Tensor& tensor) const;
    const TensorMetadata& metadata() const { return metadata_; }
    /// One line for each tensor that holds an infinity or a nan: "tensor w holds nan at 3, expected
    /// finite numbers".
    std::vector<std::string> not_finite() const;

  private:
    /// The tensors follow each other and fill data_bytes; makes room for the values.
    void check_cover(const std::string& name, std::size_t data_bytes);
    void read_values(std::ifstream& in, const std::string& name);

    std::vector<Tensor> tensors_;  ///< in the order of the data
    TensorMetadata metadata_;
    std::vector<float> values_;
};

}  // namespace mast::store
