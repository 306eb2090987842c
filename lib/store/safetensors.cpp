#include "store/safetensors.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <tuple>

#include "base/error.h"
#include "base/hash.h"

namespace mast::store {

// What is read is looked up by name, in any number; what is written keeps its order.
using nlohmann::json;
using nlohmann::ordered_json;

// The format is little-endian, as is every machine that mast runs on.
static_assert(std::endian::native == std::endian::little);

namespace {

constexpr std::uint64_t kMostHeaderBytes = 100'000'000;
constexpr const char* kMetadata = "__metadata__";
constexpr const char* kHash = "xxh3";
constexpr const char* kMetadataHash = "xxh3_metadata";
/// Values that are held at once while a file is checked.
constexpr std::size_t kBlock = std::size_t{1} << 18U;

std::string hash_of(const std::vector<TensorView>& tensors) {
    Hasher hasher;
    for (const auto& tensor : tensors)
        hasher.add(tensor.values.data(), tensor.values.size_bytes());
    return hash_text(hasher.value());
}

std::string hash_of(TensorMetadata metadata) {
    metadata.erase(kMetadataHash);
    const auto text = json(metadata).dump();
    return hash_text(hash64(text.data(), text.size()));
}

std::string header_of(const std::vector<TensorView>& tensors, TensorMetadata metadata) {
    metadata[kHash] = hash_of(tensors);
    metadata[kMetadataHash] = hash_of(metadata);
    ordered_json header;
    header[kMetadata] = metadata;
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
json read_tensor_header(std::ifstream& in, std::uint64_t file_size, const std::string& name,
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
    auto header = in ? json::parse(text, nullptr, false) : json();
    if (!header.is_object()) {
        fail<DataError>(
            "{}: header is not a JSON object, expected one (is it a whole safetensors "
            "file?)",
            name);
    }
    data_start = sizeof(length) + length;
    return header;
}

struct Opened {
    json header;
    std::uint64_t file_size;
};

Opened open_header(const std::filesystem::path& path, std::ifstream& in,
                   std::uint64_t& data_start) {
    const auto name = path.string();
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    in.open(path, std::ios::binary);
    if (error || !in) {
        fail<IoError>("{}: cannot be read ({}), expected a safetensors file (check the path)", name,
                      error ? error.message() : std::strerror(errno));
    }
    if (size < sizeof(std::uint64_t)) {
        fail<DataError>("{}: has {} bytes, expected a safetensors file (is it whole?)", name, size);
    }
    return {read_tensor_header(in, size, name, data_start), size};
}

/// A size or a place: whole and not negative, which the JSON library's own conversion would hide.
std::uint64_t whole(const json& number) {
    if (!number.is_number_unsigned()) throw std::invalid_argument("not a whole number");
    return number.get<std::uint64_t>();
}

/// What the header says of a tensor, as far as its form goes.
struct Entry {
    std::string type;
    Shape shape;
    std::uint64_t first, end;  ///< bytes
};

Entry read_form(const std::string& tensor, const json& form, const std::string& name) {
    try {
        Entry entry{form.at("dtype").get<std::string>(), {}, 0, 0};
        for (const auto& extent : form.at("shape"))
            entry.shape.push_back(static_cast<std::int64_t>(whole(extent)));
        const auto& offsets = form.at("data_offsets");
        if (offsets.size() != 2) throw std::invalid_argument("not two offsets");
        entry.first = whole(offsets[0]);
        entry.end = whole(offsets[1]);
        return entry;
    } catch (const std::exception&) {
        fail<DataError>(
            "{}: tensor {} is not described by dtype, shape and two data_offsets, expected "
            "whole numbers (is it a safetensors file?)",
            name, tensor);
    }
}

std::uint64_t elements(const Entry& entry, const std::string& tensor, const std::string& name) {
    try {
        return static_cast<std::uint64_t>(element_count(entry.shape));
    } catch (const DataError& error) {
        fail<DataError>("{}: tensor {}: {}", name, tensor, error.what());
    }
}

Safetensors::Tensor read_entry(const std::string& tensor, const json& form,
                               const std::string& name) {
    const auto entry = read_form(tensor, form, name);
    if (entry.type != "F32") {
        fail<DataError>("{}: tensor {} has type {}, expected F32", name, tensor, entry.type);
    }
    const auto count = elements(entry, tensor, name);
    const auto bytes = entry.end - entry.first;
    if (entry.end < entry.first || entry.first % sizeof(float) != 0 || bytes % sizeof(float) != 0 ||
        bytes / sizeof(float) != count) {
        fail<DataError>("{}: tensor {} has bytes {} to {}, expected room for shape {}", name,
                        tensor, entry.first, entry.end, to_text(entry.shape));
    }
    return {tensor, entry.shape, entry.first / sizeof(float), count};
}

void expect_hash(const TensorMetadata& metadata, const char* key, const std::string& found,
                 const char* of, const std::string& name) {
    const auto recorded = metadata.find(key);
    if (recorded == metadata.end() || recorded->second == found) return;
    fail<DataError>("{}: {} has hash {}, expected {} (it was changed or damaged)", name, of, found,
                    recorded->second);
}

TensorMetadata read_metadata(const json& map, const std::string& name) {
    TensorMetadata metadata;
    try {
        metadata = map.get<TensorMetadata>();
    } catch (const json::exception&) {
        fail<DataError>("{}: {} is not a map of strings, expected one", name, kMetadata);
    }
    expect_hash(metadata, kMetadataHash, hash_of(metadata), "metadata", name);
    return metadata;
}

}  // namespace

void write_safetensors(const std::filesystem::path& target, Overwrite overwrite,
                       const std::vector<TensorView>& tensors, const TensorMetadata& metadata) {
    OutputFile file(target, overwrite);
    const auto header = header_of(tensors, metadata);
    const std::uint64_t length = header.size();
    std::size_t bytes = sizeof(length) + header.size();
    for (const auto& tensor : tensors)
        bytes += tensor.values.size_bytes();
    file.reserve(static_cast<std::int64_t>(bytes));
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

TensorMetadata safetensors_metadata(const std::filesystem::path& path) {
    std::ifstream in;
    std::uint64_t data_start = 0;
    const auto header = open_header(path, in, data_start).header;
    const auto metadata = header.find(kMetadata);
    return metadata == header.end() ? TensorMetadata() : read_metadata(*metadata, path.string());
}

Safetensors::Safetensors(const std::filesystem::path& path) : name_(path.string()) {
    const auto [header, size] = open_header(path, in_, data_start_);
    for (const auto& [tensor, entry] : header.items()) {
        if (tensor == kMetadata) {
            metadata_ = read_metadata(entry, name_);
        } else {
            tensors_.push_back(read_entry(tensor, entry, name_));
        }
    }
    // An empty tensor comes before the one that starts at its place.
    std::sort(tensors_.begin(), tensors_.end(), [](const Tensor& a, const Tensor& b) {
        return std::tie(a.first, a.count) < std::tie(b.first, b.count);
    });
    check_cover(size - data_start_);
    check_values();
}

void Safetensors::check_cover(std::size_t data_bytes) const {
    std::size_t next = 0;
    for (const auto& tensor : tensors_) {
        if (tensor.first != next) {
            fail<DataError>(
                "{}: tensor {} starts at byte {}, expected {} (holes and overlaps are not "
                "allowed)",
                name_, tensor.name, tensor.first * sizeof(float), next * sizeof(float));
        }
        next += tensor.count;
    }
    if (data_bytes != next * sizeof(float)) {
        fail<DataError>("{}: has {} bytes of data, expected {} (is it whole?)", name_, data_bytes,
                        next * sizeof(float));
    }
}

void Safetensors::check_values() {
    Hasher hasher;
    std::vector<float> block;
    for (const auto& tensor : tensors_) {
        bool finite = true;
        for (std::size_t at = 0; at < tensor.count; at += kBlock) {
            const auto count = std::min(kBlock, tensor.count - at);
            block.resize(std::max(block.size(), count));
            const auto part = std::span(block).first(count);
            read({tensor.name, {}, tensor.first + at, count}, part);
            hasher.add(part.data(), part.size_bytes());
            const auto bad =
                std::find_if(part.begin(), part.end(), [](float v) { return !std::isfinite(v); });
            if (bad == part.end() || !finite) continue;
            finite = false;
            not_finite_.push_back(fmt::format("tensor {} holds {} at {}, expected finite numbers",
                                              tensor.name, *bad,
                                              at + static_cast<std::size_t>(bad - part.begin())));
        }
    }
    expect_hash(metadata_, kHash, hash_text(hasher.value()), "data", name_);
}

const Safetensors::Tensor* Safetensors::find(const std::string& name) const {
    const auto found = std::find_if(tensors_.begin(), tensors_.end(),
                                    [&](const Tensor& tensor) { return tensor.name == name; });
    return found == tensors_.end() ? nullptr : &*found;
}

void Safetensors::read(const Tensor& tensor, std::span<float> out) const {
    const auto place = data_start_ + tensor.first * sizeof(float);
    in_.seekg(static_cast<std::streamoff>(place));
    in_.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size_bytes()));
    if (!in_) {
        fail<IoError>(
            "{}: tensor {} cannot be read to its end, expected {} values (check the disk)", name_,
            tensor.name, out.size());
    }
}

std::vector<float> Safetensors::values(const Tensor& tensor) const {
    std::vector<float> out(tensor.count);
    read(tensor, out);
    return out;
}

}  // namespace mast::store
