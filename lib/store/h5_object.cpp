#include <hdf5.h>

#include <utility>

#include "base/error.h"
#include "store/h5.h"
#include "store/h5_calls.h"

namespace mast::store::h5 {

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

}  // namespace mast::store::h5
