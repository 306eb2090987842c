#include <hdf5.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "store/h5.h"
#include "store/h5_calls.h"
#include "store/h5_elements.h"

namespace mast::store::h5 {

namespace {

std::vector<hsize_t> extents(const Shape& shape) {
    return {shape.begin(), shape.end()};
}

Shape shape_of(hid_t space, const std::string& where) {
    const int rank = H5Sget_simple_extent_ndims(space);
    if (rank < 0 || H5Sget_simple_extent_type(space) == H5S_NULL) {
        fail<DataError>("{}: has no shape, expected an array (is the file whole?)", where);
    }
    std::vector<hsize_t> sizes(static_cast<std::size_t>(rank));
    H5Sget_simple_extent_dims(space, sizes.data(), nullptr);
    for (const auto size : sizes) {
        if (size > static_cast<hsize_t>(std::numeric_limits<std::int64_t>::max())) {
            fail<DataError>("{}: has an extent of {}, expected less than 2^63 (is the file whole?)",
                            where, size);
        }
    }
    return {sizes.begin(), sizes.end()};
}

bool is_boolean(hid_t type) {
    return H5Tget_nmembers(type) == 2 && H5Tget_member_index(type, "FALSE") >= 0 &&
           H5Tget_member_index(type, "TRUE") >= 0;
}

bool is_complex(hid_t type) {
    return H5Tget_nmembers(type) == 2 && H5Tget_member_index(type, "r") >= 0 &&
           H5Tget_member_index(type, "i") >= 0;
}

TypeInfo describe(hid_t type) {
    const auto size = static_cast<std::int64_t>(H5Tget_size(type));
    switch (H5Tget_class(type)) {
        case H5T_INTEGER:
            return {Class::integer, size,
                    fmt::format("{}int{}", H5Tget_sign(type) == H5T_SGN_NONE ? "u" : "", 8 * size)};
        case H5T_FLOAT:
            return {Class::floating, size, fmt::format("float{}", 8 * size)};
        case H5T_ENUM:
            if (is_boolean(type)) return {Class::boolean, size, "bool"};
            return {Class::integer, size, "enumeration"};
        case H5T_STRING:
            return {Class::string, size, "string"};
        case H5T_VLEN:
            return {Class::bytes, size, "variable-length sequence"};
        case H5T_COMPOUND:
            if (is_complex(type)) return {Class::complex, size, "complex number"};
            return {Class::other, size, "compound"};
        default:
            return {Class::other, size, "type without numbers"};
    }
}

/// A selection of rows in a dataset's space.
Handle select_rows(hid_t dataset, const Shape& shape, std::int64_t first, std::int64_t count,
                   const std::string& where) {
    auto space = checked<DataError>(H5Dget_space(dataset), close_space, where, "has no shape");
    if (shape.empty()) return space;
    std::vector<hsize_t> start(shape.size(), 0);
    std::vector<hsize_t> size = extents(shape);
    start[0] = static_cast<hsize_t>(first);
    size[0] = static_cast<hsize_t>(count);
    if (H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, start.data(), nullptr, size.data(),
                            nullptr) < 0) {
        fail<DataError>("{}: rows {} to {} cannot be selected ({})", where, first, first + count,
                        reason());
    }
    return space;
}

/// The space of as many rows in memory. It has the rank of the dataset: between spaces of different
/// rank HDF5 walks through chunks element by element.
Handle memory_space(const Shape& shape, std::int64_t count) {
    auto size = extents(shape);
    if (size.empty()) return {H5Screate(H5S_SCALAR), close_space};
    size[0] = static_cast<hsize_t>(count);
    return {H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr), close_space};
}

}  // namespace

Dataset::Dataset(Handle handle, std::string where) : Object(std::move(handle), std::move(where)) {
    const auto space = checked<DataError>(H5Dget_space(id()), close_space, where_, "has no shape");
    shape_ = shape_of(space.id(), where_);
    element_count(shape_);
}

std::int64_t Dataset::row_size() const {
    return shape_.empty() ? 1 : element_count({shape_.begin() + 1, shape_.end()});
}

TypeInfo Dataset::type() const {
    const Handle type(H5Dget_type(id()), close_type);
    return describe(type.id());
}

std::string Dataset::obstacle() const {
    const Handle properties(H5Dget_create_plist(id()), close_properties);
    if (H5Pget_external_count(properties.id()) > 0 ||
        H5Pget_layout(properties.id()) == H5D_VIRTUAL) {
        return "lies in another file, expected data in this one";
    }
    const int filters = H5Pget_nfilters(properties.id());
    for (int f = 0; f < filters; ++f) {
        unsigned flags = 0;
        std::size_t values = 0;
        std::array<char, 64> name{};
        const auto filter = H5Pget_filter2(properties.id(), static_cast<unsigned>(f), &flags,
                                           &values, nullptr, name.size(), name.data(), nullptr);
        if (filter >= 0 && H5Zfilter_avail(filter) > 0) continue;
        return fmt::format(
            "is packed by filter {} ({}), which HDF5 itself does not have, expected gzip or none "
            "(repack it with h5repack -f GZIP=4)",
            static_cast<int>(filter),
            std::string(name.data(), ::strnlen(name.data(), name.size())));
    }
    return "";
}

void Dataset::expect_held() const {
    if (const auto text = obstacle(); !text.empty()) fail<DataError>("{}: {}", where_, text);
    // The best that gzip can do, of the filters of HDF5 that do not tell constants from noise.
    constexpr std::int64_t kMostPacked = 1032;
    const Handle properties(H5Dget_create_plist(id()), close_properties);
    const Handle file(H5Iget_file_id(id()), close_file);
    hsize_t file_bytes = 0;
    H5Fget_filesize(file.id(), &file_bytes);
    const auto held = static_cast<double>(file_bytes) *
                      static_cast<double>(H5Pget_nfilters(properties.id()) > 0 ? kMostPacked : 1);
    double bytes = static_cast<double>(type().size);
    for (const auto extent : shape_)
        bytes *= static_cast<double>(extent);
    if (bytes <= held) return;
    fail<DataError>("{}: has shape {} of {}, expected no more than its file holds (is it whole?)",
                    where_, to_text(shape_), type().text);
}

template <Element T>
void Dataset::read(std::int64_t first, std::int64_t count, T* out) const {
    if (count == 0 || row_size() == 0) return;
    MAST_ASSERT(first >= 0 && count >= 0 && first + count <= rows());
    const auto space = select_rows(id(), shape_, first, count, where_);
    const auto memory = memory_space(shape_, count);
    if (H5Dread(id(), native_type<T>(), memory.id(), space.id(), H5P_DEFAULT, out) < 0) {
        fail<DataError>(
            "{}: rows {} to {} cannot be read ({}), expected a whole file (copy it again)", where_,
            first, first + count - 1, reason());
    }
}

template <Element T>
void Dataset::write(std::int64_t first, std::int64_t count, const T* data) {
    if (count == 0 || row_size() == 0) return;
    MAST_ASSERT(first >= 0 && !shape_.empty());
    if (first + count > shape_[0]) {
        shape_[0] = first + count;
        if (H5Dset_extent(id(), extents(shape_).data()) < 0) {
            fail<IoError>("{}: cannot grow to {} rows ({})", where_, shape_[0], reason());
        }
    }
    const auto space = select_rows(id(), shape_, first, count, where_);
    const auto memory = memory_space(shape_, count);
    if (H5Dwrite(id(), native_type<T>(), memory.id(), space.id(), H5P_DEFAULT, data) < 0) {
        fail<IoError>("{}: cannot be written ({}), expected a disk with room (free some space)",
                      where_, reason());
    }
}

std::string Dataset::read_text() const {
    const Handle type(H5Dget_type(id()), close_type);
    if (H5Tget_class(type.id()) != H5T_STRING || element_count(shape_) != 1) {
        fail<DataError>("{}: is not one text, expected text", where_);
    }
    return read_strings(id(), type.id(), false, where_);
}

std::int64_t Dataset::chunks() const {
    const Handle properties(H5Dget_create_plist(id()), close_properties);
    if (H5Pget_layout(properties.id()) != H5D_CHUNKED) return 0;
    std::vector<hsize_t> chunk(shape_.size());
    H5Pget_chunk(properties.id(), static_cast<int>(chunk.size()), chunk.data());
    Shape counts;
    for (std::size_t axis = 0; axis < shape_.size(); ++axis) {
        const auto extent = static_cast<std::int64_t>(std::max<hsize_t>(1, chunk[axis]));
        counts.push_back(shape_[axis] / extent + (shape_[axis] % extent > 0 ? 1 : 0));
    }
    return element_count(counts);
}

std::int64_t Dataset::missing_chunks() const {
    const auto expected = chunks();
    if (expected == 0) return 0;
    const Handle space(H5Dget_space(id()), close_space);
    hsize_t written = 0;
    if (H5Dget_num_chunks(id(), space.id(), &written) < 0) return expected;
    return expected - static_cast<std::int64_t>(written);
}

void Dataset::flush() {
    const bool flushed = H5Dflush(id()) >= 0;
    if (!flushed || missing_chunks() > 0) {
        fail<IoError>(
            "{}: cannot be written to its end ({}), expected a disk with room (free some "
            "space)",
            where_, reason());
    }
}

void Dataset::close() {
    if (!handle_.close()) {
        fail<IoError>(
            "{}: cannot be written to its end ({}), expected a disk with room (free some "
            "space)",
            where_, reason());
    }
}

#define MAST_INSTANTIATE(T)                                               \
    template void Dataset::read<T>(std::int64_t, std::int64_t, T*) const; \
    template void Dataset::write<T>(std::int64_t, std::int64_t, const T*);
MAST_FOR_EACH_ELEMENT(MAST_INSTANTIATE)
#undef MAST_INSTANTIATE

}  // namespace mast::store::h5
