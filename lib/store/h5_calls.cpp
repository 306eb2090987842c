#include "store/h5_calls.h"

#include <hdf5.h>

#include <algorithm>
#include <concepts>

#include "store/h5_text.h"

namespace mast::store::h5 {

namespace {

/// The most that an attribute or a text dataset may hold.
constexpr std::size_t kMostTextBytes = std::size_t{64} << 20U;

/// The walk begins there: what is further out says only what was asked for.
herr_t keep_innermost(unsigned /*depth*/, const H5E_error2_t* entry, void* out) {
    auto& text = *static_cast<std::string*>(out);
    if (text.empty() && entry->desc != nullptr) text = entry->desc;
    return 0;
}

}  // namespace

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

std::string reason() {
    std::string text;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, &text);
    H5Eclear2(H5E_DEFAULT);
    return text.empty() ? "no reason given" : text;
}

namespace {

/// Made once, and kept as long as HDF5's own types are.
hid_t flag_type() {
    static const hid_t type = [] {
        const hid_t made = H5Tenum_create(H5T_NATIVE_INT8);
        std::int8_t value = 0;
        H5Tenum_insert(made, "FALSE", &value);
        value = 1;
        H5Tenum_insert(made, "TRUE", &value);
        return made;
    }();
    return type;
}

}  // namespace

template <Element T>
std::int64_t native_type() {
    if constexpr (std::same_as<T, float>) return H5T_NATIVE_FLOAT;
    if constexpr (std::same_as<T, double>) return H5T_NATIVE_DOUBLE;
    if constexpr (std::same_as<T, std::uint8_t>) return H5T_NATIVE_UINT8;
    if constexpr (std::same_as<T, std::int32_t>) return H5T_NATIVE_INT32;
    if constexpr (std::same_as<T, std::int64_t>) return H5T_NATIVE_INT64;
    if constexpr (std::same_as<T, Flag>) return flag_type();
}

template std::int64_t native_type<float>();
template std::int64_t native_type<double>();
template std::int64_t native_type<std::uint8_t>();
template std::int64_t native_type<std::int32_t>();
template std::int64_t native_type<std::int64_t>();
template std::int64_t native_type<Flag>();

std::string read_strings(std::int64_t object, std::int64_t type, bool attribute,
                         const std::string& where) {
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

}  // namespace mast::store::h5
