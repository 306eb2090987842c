#include "store/h5.h"

#include <hdf5.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <system_error>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "store/h5_descriptor.h"
#include "store/h5_text.h"

namespace mast::store::h5 {

namespace {

/// Large enough for the disk, small enough for windows read at random.
constexpr std::int64_t kChunkBytes = 128 * 1024;

/// The most that an attribute or a text dataset may hold.
constexpr std::size_t kMostTextBytes = std::size_t{64} << 20U;

int close_file(std::int64_t id) {
    return H5Fclose(id);
}
int close_group(std::int64_t id) {
    return H5Gclose(id);
}
int close_dataset(std::int64_t id) {
    return H5Dclose(id);
}
int close_space(std::int64_t id) {
    return H5Sclose(id);
}
int close_type(std::int64_t id) {
    return H5Tclose(id);
}
int close_attribute(std::int64_t id) {
    return H5Aclose(id);
}
int close_properties(std::int64_t id) {
    return H5Pclose(id);
}

herr_t keep_innermost(unsigned /*depth*/, const H5E_error2_t* entry, void* out) {
    if (entry->desc != nullptr) *static_cast<std::string*>(out) = entry->desc;
    return 0;
}

/// What HDF5 itself says of the last failure.
std::string reason() {
    std::string text;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, &text);
    H5Eclear2(H5E_DEFAULT);
    return text.empty() ? "no reason given" : text;
}

template <class T>
hid_t native_type() {
    if constexpr (std::same_as<T, float>) return H5T_NATIVE_FLOAT;
    if constexpr (std::same_as<T, double>) return H5T_NATIVE_DOUBLE;
    if constexpr (std::same_as<T, std::uint8_t>) return H5T_NATIVE_UINT8;
    if constexpr (std::same_as<T, std::int32_t>) return H5T_NATIVE_INT32;
    if constexpr (std::same_as<T, std::int64_t>) return H5T_NATIVE_INT64;
}

template <class E>
Handle checked(hid_t id, Handle::Closer closer, const std::string& where, const char* what) {
    if (id < 0) fail<E>("{}: {} ({})", where, what, reason());
    return {id, closer};
}

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

std::string read_strings(hid_t object, hid_t type, bool attribute, const std::string& where) {
    if (H5Tis_variable_str(type) > 0) {
        if (auto text = read_heap_text(object, attribute, kMostTextBytes, where)) return *text;
        const Handle memory(H5Tcopy(H5T_C_S1), close_type);
        H5Tset_size(memory.id(), H5T_VARIABLE);
        H5Tset_cset(memory.id(), H5Tget_cset(type));
        char* text = nullptr;
        const herr_t status = attribute ? H5Aread(object, memory.id(), static_cast<void*>(&text))
                                        : H5Dread(object, memory.id(), H5S_ALL, H5S_ALL,
                                                  H5P_DEFAULT, static_cast<void*>(&text));
        if (status < 0) fail<DataError>("{}: cannot be read as text ({})", where, reason());
        std::string result = text == nullptr ? "" : text;
        H5free_memory(text);
        return result;
    }
    const auto size = H5Tget_size(type);
    if (size > kMostTextBytes) {
        fail<DataError>("{}: has a text of {} bytes, expected at most {} (is the file whole?)",
                        where, size, kMostTextBytes);
    }
    std::string result(size, '\0');
    const herr_t status = attribute
                              ? H5Aread(object, type, result.data())
                              : H5Dread(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, result.data());
    if (status < 0) fail<DataError>("{}: cannot be read as text ({})", where, reason());
    result.resize(std::min(result.find('\0'), result.size()));
    return result;
}

}  // namespace

void start() {
    [[maybe_unused]] static const bool once = [] {
        H5dont_atexit();
        H5open();
        H5Lunregister(H5L_TYPE_EXTERNAL);
        H5PLset_loading_state(0);
        return H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;
    }();
}

// ---- Handle

Handle::~Handle() {
    if (id_ >= 0) closer_(id_);
}

Handle::Handle(Handle&& other) noexcept
    : id_(std::exchange(other.id_, -1)), closer_(other.closer_) {}

Handle& Handle::operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(closer_, other.closer_);
    return *this;
}

bool Handle::close() {
    const auto id = std::exchange(id_, -1);
    return id < 0 || closer_(id) >= 0;
}

// ---- Object

Object::Object(Handle handle, std::string where)
    : handle_(std::move(handle)), where_(std::move(where)) {}

bool Object::has_attribute(const std::string& name) const {
    return H5Aexists(id(), name.c_str()) > 0;
}

std::vector<std::string> Object::attribute_names() const {
    std::vector<std::string> names;
    const auto keep = [](hid_t, const char* name, const H5A_info_t*, void* out) -> herr_t {
        static_cast<std::vector<std::string>*>(out)->emplace_back(name);
        return 0;
    };
    H5Aiterate2(id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, keep, &names);
    return names;
}

namespace {

void write_attribute(hid_t object, const std::string& where, const std::string& name, hid_t type,
                     const void* value) {
    if (H5Aexists(object, name.c_str()) > 0) H5Adelete(object, name.c_str());
    const Handle space(H5Screate(H5S_SCALAR), close_space);
    const auto attribute = checked<IoError>(
        H5Acreate2(object, name.c_str(), type, space.id(), H5P_DEFAULT, H5P_DEFAULT),
        close_attribute, where, "an attribute cannot be created");
    if (H5Awrite(attribute.id(), type, value) < 0) {
        fail<IoError>("{}: attribute {} cannot be written ({})", where, name, reason());
    }
}

Handle open_attribute(hid_t object, const std::string& where, const std::string& name) {
    if (H5Aexists(object, name.c_str()) <= 0) {
        fail<DataError>("{}: has no attribute {}, expected one (is it a file of mast?)", where,
                        name);
    }
    return checked<DataError>(H5Aopen(object, name.c_str(), H5P_DEFAULT), close_attribute, where,
                              "an attribute cannot be opened");
}

/// A scalar number, converted.
template <class T>
T read_number(hid_t object, const std::string& where, const std::string& name, bool whole) {
    const auto attribute = open_attribute(object, where, name);
    const Handle type(H5Aget_type(attribute.id()), close_type);
    const Handle space(H5Aget_space(attribute.id()), close_space);
    const auto kind = H5Tget_class(type.id());
    T value{};
    if ((kind != H5T_INTEGER && (whole || kind != H5T_FLOAT)) ||
        H5Sget_simple_extent_npoints(space.id()) != 1 ||
        H5Aread(attribute.id(), native_type<T>(), &value) < 0) {
        fail<DataError>("{}: attribute {} is not a {}number, expected one (is the file whole?)",
                        where, name, whole ? "whole " : "");
    }
    return value;
}

}  // namespace

void Object::set_attribute(const std::string& name, const std::string& value) {
    const Handle type(H5Tcopy(H5T_C_S1), close_type);
    H5Tset_size(type.id(), H5T_VARIABLE);
    H5Tset_cset(type.id(), H5T_CSET_UTF8);
    const char* text = value.c_str();
    write_attribute(id(), where_, name, type.id(), static_cast<const void*>(&text));
}

void Object::set_attribute(const std::string& name, const char* value) {
    set_attribute(name, std::string(value));
}

void Object::set_attribute(const std::string& name, std::int64_t value) {
    write_attribute(id(), where_, name, H5T_NATIVE_INT64, &value);
}

void Object::set_attribute(const std::string& name, double value) {
    write_attribute(id(), where_, name, H5T_NATIVE_DOUBLE, &value);
}

std::string Object::text_attribute(const std::string& name) const {
    const auto attribute = open_attribute(id(), where_, name);
    const Handle type(H5Aget_type(attribute.id()), close_type);
    const Handle space(H5Aget_space(attribute.id()), close_space);
    if (H5Tget_class(type.id()) != H5T_STRING || H5Sget_simple_extent_npoints(space.id()) != 1) {
        fail<DataError>("{}: attribute {} is not text, expected text (is the file whole?)", where_,
                        name);
    }
    return read_strings(attribute.id(), type.id(), true, where_);
}

std::int64_t Object::whole_attribute(const std::string& name) const {
    return read_number<std::int64_t>(id(), where_, name, true);
}

double Object::real_attribute(const std::string& name) const {
    return read_number<double>(id(), where_, name, false);
}

std::string Object::attribute_content(const std::string& name) const {
    const auto attribute = open_attribute(id(), where_, name);
    const Handle type(H5Aget_type(attribute.id()), close_type);
    switch (H5Tget_class(type.id())) {
        case H5T_INTEGER:
            return fmt::format("integer {}", whole_attribute(name));
        case H5T_FLOAT:
            return fmt::format("real {:a}", real_attribute(name));
        default:
            return fmt::format("text {}", text_attribute(name));
    }
}

// ---- Dataset

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
    const auto held =
        static_cast<double>(file_bytes) * (H5Pget_nfilters(properties.id()) > 0 ? kMostPacked : 1);
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

// ---- Group

Group::Group(Handle handle, std::string where) : Object(std::move(handle), std::move(where)) {}

std::string Group::child_where(const std::string& path) const {
    return where_ + (where_.empty() || where_.back() != '/' ? "/" : "") + path;
}

Group::Kind Group::kind_of(const std::string& path) const {
    // Each step is looked at before it is followed: a missing link would be an error, and a link
    // into another file is never opened.
    for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
        const auto step = path.substr(0, end);
        H5L_info_t link;
        if (H5Lexists(id(), step.c_str(), H5P_DEFAULT) <= 0 ||
            H5Lget_info(id(), step.c_str(), &link, H5P_DEFAULT) < 0) {
            H5Eclear2(H5E_DEFAULT);
            return Kind::absent;
        }
        if (link.type != H5L_TYPE_HARD && link.type != H5L_TYPE_SOFT) return Kind::other;
        if (end == std::string::npos) break;
    }
    H5O_info_t info;
    if (H5Oget_info_by_name2(id(), path.c_str(), &info, H5O_INFO_BASIC, H5P_DEFAULT) < 0) {
        H5Eclear2(H5E_DEFAULT);
        return Kind::absent;
    }
    if (info.type == H5O_TYPE_GROUP) return Kind::group;
    return info.type == H5O_TYPE_DATASET ? Kind::dataset : Kind::other;
}

std::uint64_t Group::address() const {
    H5O_info_t info;
    if (H5Oget_info2(id(), &info, H5O_INFO_BASIC) < 0) {
        fail<DataError>("{}: cannot be looked at ({})", where_, reason());
    }
    return info.addr;
}

std::vector<Group::Child> Group::children() const {
    std::vector<std::string> names;
    const auto keep = [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
        static_cast<std::vector<std::string>*>(out)->emplace_back(name);
        return 0;
    };
    if (H5Literate(id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, keep, &names) < 0) {
        fail<DataError>("{}: its members cannot be listed ({})", where_, reason());
    }
    std::vector<Child> result;
    result.reserve(names.size());
    for (auto& name : names)
        result.push_back({name, kind_of(name)});
    return result;
}

Group Group::group(const std::string& path) const {
    if (!has_group(path)) {
        fail<DataError>("{}: is missing, expected a group", child_where(path));
    }
    return {checked<DataError>(H5Gopen2(id(), path.c_str(), H5P_DEFAULT), close_group,
                               child_where(path), "cannot be opened"),
            child_where(path)};
}

Dataset Group::dataset(const std::string& path) const {
    if (!has_dataset(path)) {
        fail<DataError>("{}: is missing, expected a dataset", child_where(path));
    }
    return {checked<DataError>(H5Dopen2(id(), path.c_str(), H5P_DEFAULT), close_dataset,
                               child_where(path), "cannot be opened"),
            child_where(path)};
}

Group Group::create_group(const std::string& name) {
    const Handle properties(H5Pcreate(H5P_GROUP_CREATE), close_properties);
    H5Pset_obj_track_times(properties.id(), false);
    return {
        checked<IoError>(H5Gcreate2(id(), name.c_str(), H5P_DEFAULT, properties.id(), H5P_DEFAULT),
                         close_group, child_where(name), "cannot be created"),
        child_where(name)};
}

template <Element T>
Dataset Group::create_dataset(const std::string& name, const Shape& shape, Layout layout) {
    const auto where = child_where(name);
    const Handle properties(H5Pcreate(H5P_DATASET_CREATE), close_properties);
    // The same input gives the same bytes, at any time of day.
    H5Pset_obj_track_times(properties.id(), false);
    if constexpr (std::is_floating_point_v<T>) {
        const T hole = std::numeric_limits<T>::quiet_NaN();
        H5Pset_fill_value(properties.id(), native_type<T>(), &hole);
    }
    auto sizes = extents(shape);
    auto limits = sizes;
    if (layout == Layout::extendible) {
        auto chunk = sizes;
        std::int64_t row = sizeof(T);
        for (std::size_t axis = 1; axis < shape.size(); ++axis) {
            row *= std::max<std::int64_t>(1, shape[axis]);
            chunk[axis] = std::max<hsize_t>(1, sizes[axis]);
        }
        chunk[0] = static_cast<hsize_t>(std::max<std::int64_t>(1, kChunkBytes / row));
        limits[0] = H5S_UNLIMITED;
        H5Pset_chunk(properties.id(), static_cast<int>(chunk.size()), chunk.data());
    }
    const auto space = checked<IoError>(
        H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), limits.data()), close_space,
        where, "cannot be given its shape");
    return {checked<IoError>(H5Dcreate2(id(), name.c_str(), native_type<T>(), space.id(),
                                        H5P_DEFAULT, properties.id(), H5P_DEFAULT),
                             close_dataset, where, "cannot be created"),
            where};
}

// ---- File

File::File(Handle handle, std::string name) : handle_(std::move(handle)), name_(std::move(name)) {}

namespace {

herr_t find_not_hdf5(unsigned /*depth*/, const H5E_error2_t* entry, void* found) {
    if (entry->min_num == H5E_NOTHDF5) *static_cast<bool*>(found) = true;
    return 0;
}

/// Sequential reading keeps whole chunks, so that compressed ones are unpacked once. Random rows
/// are read straight from the file: a kept chunk would be thrown away before it is asked for again.
Handle reading_properties(Access access) {
    constexpr std::size_t kSlots = 521;
    constexpr std::size_t kSequentialBytes = std::size_t{16} << 20U;
    Handle properties(H5Pcreate(H5P_FILE_ACCESS), close_properties);
    H5Pset_cache(properties.id(), 0, kSlots, access == Access::random ? 0 : kSequentialBytes, 1.0);
    return properties;
}

Handle open_file(const std::string& name, const Handle& properties) {
    Handle file(H5Fopen(name.c_str(), H5F_ACC_RDONLY, properties.id()), close_file);
    if (file.id() >= 0) return file;
    bool not_hdf5 = false;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, find_not_hdf5, &not_hdf5);
    const auto why = reason();
    if (not_hdf5) {
        fail<DataError>("{}: is not an HDF5 file, expected one (is it whole, and the right file?)",
                        name);
    }
    fail<DataError>("{}: is damaged or cut short, expected a whole HDF5 file ({})", name, why);
}

}  // namespace

File File::open(const std::filesystem::path& path, Access access) {
    start();
    std::error_code error;
    const auto name = path.string();
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) {
        fail<IoError>("{}: does not exist, expected an HDF5 file (check the path)", name);
    }
    if (std::filesystem::is_directory(status)) {
        fail<IoError>("{}: is a folder, expected an HDF5 file (name the file inside it)", name);
    }
    if (!std::filesystem::is_regular_file(status)) {
        fail<IoError>("{}: is not a regular file, expected an HDF5 file (copy it to the disk)",
                      name);
    }
    return {open_file(name, reading_properties(access)), name};
}

File File::open(int descriptor, const std::string& name) {
    start();
    const auto properties = reading_properties(Access::sequential);
    if (!read_through(properties.id(), descriptor)) {
        fail<IoError>("{}: cannot be read through a descriptor ({})", name, reason());
    }
    return {open_file(name, properties), name};
}

File File::create(const std::filesystem::path& path, const std::filesystem::path& target) {
    start();
    const auto name = target.string();
    const Handle properties(H5Pcreate(H5P_FILE_ACCESS), close_properties);
    // Closing fails while anything is open: nothing may be written after the file got its final
    // name.
    H5Pset_fclose_degree(properties.id(), H5F_CLOSE_SEMI);
    H5Pset_libver_bounds(properties.id(), H5F_LIBVER_V110, H5F_LIBVER_V110);
    const Handle creation(H5Pcreate(H5P_FILE_CREATE), close_properties);
    H5Pset_obj_track_times(creation.id(), false);
    return {checked<IoError>(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.id(), properties.id()),
                             close_file, name, "cannot be created"),
            name};
}

Group File::root() const {
    return {checked<DataError>(H5Gopen2(handle_.id(), "/", H5P_DEFAULT), close_group, name_,
                               "has no root group"),
            name_ + ": "};
}

void File::close() {
    const bool flushed = H5Fflush(handle_.id(), H5F_SCOPE_LOCAL) >= 0;
    if (!handle_.close() || !flushed) {
        fail<IoError>(
            "{}: cannot be written to its end ({}), expected a disk with room (free some "
            "space)",
            name_, reason());
    }
}

#define MAST_INSTANTIATE(T)                                                \
    template void Dataset::read<T>(std::int64_t, std::int64_t, T*) const;  \
    template void Dataset::write<T>(std::int64_t, std::int64_t, const T*); \
    template Dataset Group::create_dataset<T>(const std::string&, const Shape&, Layout);
MAST_INSTANTIATE(float)
MAST_INSTANTIATE(double)
MAST_INSTANTIATE(std::uint8_t)
MAST_INSTANTIATE(std::int32_t)
MAST_INSTANTIATE(std::int64_t)
#undef MAST_INSTANTIATE

}  // namespace mast::store::h5
