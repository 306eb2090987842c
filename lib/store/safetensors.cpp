#include "store/safetensors.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include "base/error.h"
#include "base/hash.h"

namespace mast::store {

using nlohmann::ordered_json;

// The format is little-endian, as is every machine that mast runs on.
static_assert(std::endian::native == std::endian::little);

namespace {

constexpr std::uint64_t kMostHeaderBytes = 100'000'000;
constexpr const char* kMetadata = "__metadata__";
constexpr const char* kHash = "xxh3";

std::string hash_of(const std::vector<TensorView>& tensors) {
    Hasher hasher;
    for (const auto& tensor : tensors)
        hasher.add(tensor.values.data(), tensor.values.size_bytes());
    return hash_text(hasher.value());
}

std::string header_of(const std::vector<TensorView>& tensors, const TensorMetadata& metadata) {
    ordered_json header;
    header[kMetadata] = metadata;
    header[kMetadata][kHash] = hash_of(tensors);
    std::size_t first = 0;
    for (const auto& tensor : tensors) {
        const auto end = first + tensor.values.size_bytes();
        header[tensor.name] = {
            {"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {first, end}}};
        first = end;
    }
    auto text = header.dump();
    text.append((8 - text.size() % 8) % 8, ' ');  // the data starts on an 8-byte boundary
    return text;
}

/// The header as JSON, with its length checked against the file before anything is allocated.
ordered_json read_header(std::ifstream& in, std::uint64_t file_size, const std::string& name,
                         std::uint64_t& data_start) {
    std::uint64_t length = 0;
    in.read(reinterpret_cast<char*>(&length), sizeof(length));
    if (!in || length > kMostHeaderBytes || length > file_size - sizeof(length)) {
        fail<DataError>(
            "{}: header length is {}, expected at most {} (is it a whole safetensors "
            "file?)",
            name, length, std::min(kMostHeaderBytes, file_size));
    }
    std::string text(length, '\0');
    in.read(text.data(), static_cast<std::streamsize>(length));
    auto json = in ? ordered_json::parse(text, nullptr, false) : ordered_json();
    if (!json.is_object()) {
        fail<DataError>(
            "{}: header is not a JSON object, expected one (is it a whole safetensors "
            "file?)",
            name);
    }
    data_start = sizeof(length) + length;
    return json;
}

Safetensors::Tensor read_entry(const std::string& tensor, const ordered_json& entry,
                               const std::string& name) {
    try {
        if (entry.at("dtype") != "F32") {
            fail<DataError>("{}: tensor {} has type {}, expected F32", name, tensor,
                            entry.at("dtype").dump());
        }
        const auto shape = entry.at("shape").get<Shape>();
        const auto first = entry.at("data_offsets").at(0).get<std::uint64_t>();
        const auto end = entry.at("data_offsets").at(1).get<std::uint64_t>();
        const auto count = static_cast<std::uint64_t>(element_count(shape));
        if (first % sizeof(float) != 0 || end < first || (end - first) % sizeof(float) != 0 ||
            (end - first) / sizeof(float) != count) {
            fail<DataError>("{}: tensor {} has bytes {} to {}, expected room for shape {}", name,
                            tensor, first, end, to_text(shape));
        }
        return {tensor, shape, first / sizeof(float), count};
    } catch (const nlohmann::json::exception&) {
        fail<DataError>("{}: tensor {} is not described by dtype, shape and data_offsets", name,
                        tensor);
    }
}

}  // namespace

void write_safetensors(const std::filesystem::path& target, Overwrite overwrite,
                       const std::vector<TensorView>& tensors, const TensorMetadata& metadata) {
    OutputFile file(target, overwrite);
    const auto header = header_of(tensors, metadata);
    const std::uint64_t length = header.size();
    std::ofstream out(file.temp_path(), std::ios::binary);
    out.write(reinterpret_cast<const char*>(&length), sizeof(length));
    out.write(header.data(), static_cast<std::streamsize>(header.size()));
    for (const auto& tensor : tensors) {
        out.write(reinterpret_cast<const char*>(tensor.values.data()),
                  static_cast<std::streamsize>(tensor.values.size_bytes()));
    }
    out.close();
    if (!out) {
        fail<IoError>("{}: cannot be written ({}), expected a disk with room (free some space)",
                      target.string(), std::strerror(errno));
    }
    file.commit();
}

Safetensors::Safetensors(const std::filesystem::path& path) {
    const auto name = path.string();
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    std::ifstream in(path, std::ios::binary);
    if (error || !in) {
        fail<IoError>("{}: cannot be read ({}), expected a safetensors file (check the path)", name,
                      error ? error.message() : std::strerror(errno));
    }
    if (size < sizeof(std::uint64_t)) {
        fail<DataError>("{}: has {} bytes, expected a safetensors file (is it whole?)", name, size);
    }
    std::uint64_t data_start = 0;
    const auto header = read_header(in, size, name, data_start);
    for (const auto& [tensor, entry] : header.items()) {
        if (tensor != kMetadata) {
            tensors_.push_back(read_entry(tensor, entry, name));
        } else if (entry.is_object()) {
            for (const auto& [key, value] : entry.items()) {
                if (value.is_string()) metadata_[key] = value.get<std::string>();
            }
        }
    }
    std::sort(tensors_.begin(), tensors_.end(),
              [](const Tensor& a, const Tensor& b) { return a.first < b.first; });
    std::size_t next = 0;
    for (const auto& tensor : tensors_) {
        if (tensor.first != next) {
            fail<DataError>(
                "{}: tensor {} starts at byte {}, expected {} (holes and overlaps are not "
                "allowed)",
                name, tensor.name, tensor.first * sizeof(float), next * sizeof(float));
        }
        next += tensor.count;
    }
    if ((size - data_start) % sizeof(float) != 0 || next != (size - data_start) / sizeof(float)) {
        fail<DataError>("{}: has {} bytes of data, expected {} (is it whole?)", name,
                        size - data_start, next * sizeof(float));
    }
    values_.resize(next);
    in.read(reinterpret_cast<char*>(values_.data()),
            static_cast<std::streamsize>(next * sizeof(float)));
    if (!in) fail<IoError>("{}: cannot be read to its end", name);
    const auto hash = hash_text(hash64(values_.data(), next * sizeof(float)));
    if (const auto recorded = metadata_.find(kHash);
        recorded != metadata_.end() && recorded->second != hash) {
        fail<DataError>("{}: data has hash {}, expected {} (it was changed or damaged)", name, hash,
                        recorded->second);
    }
}

const Safetensors::Tensor* Safetensors::find(const std::string& name) const {
    const auto found = std::find_if(tensors_.begin(), tensors_.end(),
                                    [&](const Tensor& tensor) { return tensor.name == name; });
    return found == tensors_.end() ? nullptr : &*found;
}

std::span<const float> Safetensors::values(const Tensor& tensor) const {
    return std::span(values_).subspan(tensor.first, tensor.count);
}

}  // namespace mast::store
