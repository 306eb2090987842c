#include <hdf5.h>

#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "store/h5.h"
#include "store/h5_calls.h"
#include "store/h5_elements.h"

namespace mast::store::h5 {

namespace {

/// Large enough for the disk, small enough for windows read at random.
constexpr std::int64_t kChunkBytes = 128 * 1024;

}  // namespace

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
    std::vector<hsize_t> sizes(shape.begin(), shape.end());
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

#define MAST_INSTANTIATE(T) \
    template Dataset Group::create_dataset<T>(const std::string&, const Shape&, Layout);
MAST_FOR_EACH_ELEMENT(MAST_INSTANTIATE)
#undef MAST_INSTANTIATE

}  // namespace mast::store::h5
