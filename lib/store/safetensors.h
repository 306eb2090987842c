// Named float32 tensors in the safetensors format: an 8-byte little-endian header length, a JSON
// header, then the tensors one after another.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
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

/// Writes all tensors in the given order; `xxh3` of the data and `xxh3_metadata`, that of the other
/// metadata as JSON in order of keys, are added to the metadata.
void write_safetensors(const std::filesystem::path& target, Overwrite overwrite,
                       const std::vector<TensorView>& tensors, const TensorMetadata& metadata);

/// The metadata alone; the rest of the file is not looked at. Throws IoError or DataError.
TensorMetadata safetensors_metadata(const std::filesystem::path& path);

/// A file that was read once and checked whole: its header is within bounds, the tensors cover the
/// data without holes or overlaps, sizes agree with shapes, and the recorded hashes hold. Values
/// stay on disk until they are asked for.
class Safetensors {
  public:
    /// Throws IoError or DataError, naming file and place.
    explicit Safetensors(const std::filesystem::path& path);

    struct Tensor {
        std::string name;
        Shape shape;
        std::size_t first;  ///< place in the data, in values
        std::size_t count;
    };
    const std::vector<Tensor>& tensors() const { return tensors_; }
    /// Null if there is none of that name.
    const Tensor* find(const std::string& name) const;
    /// out: as many as the tensor has. Throws IoError.
    void read(const Tensor& tensor, std::span<float> out) const;
    std::vector<float> values(const Tensor& tensor) const;
    const TensorMetadata& metadata() const { return metadata_; }
    /// One line for each tensor that holds an infinity or a nan: "tensor w holds nan at 3, expected
    /// finite numbers".
    const std::vector<std::string>& not_finite() const { return not_finite_; }

  private:
    /// The tensors follow each other and fill data_bytes.
    void check_cover(std::size_t data_bytes) const;
    void check_values();

    std::string name_;  ///< of the file
    mutable std::ifstream in_;
    std::uint64_t data_start_ = 0;
    std::vector<Tensor> tensors_;  ///< in the order of the data
    TensorMetadata metadata_;
    std::vector<std::string> not_finite_;
};

}  // namespace mast::store
