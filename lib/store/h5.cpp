#include "store/h5.h"

#include <fmt/format.h>
#include <hdf5.h>

#include <system_error>
#include <utility>

#include "base/error.h"
#include "store/h5_calls.h"
#include "store/h5_descriptor.h"

namespace mast::store::h5 {

void start() {
    [[maybe_unused]] static const bool once = [] {
        H5dont_atexit();
        H5open();
        H5Lunregister(H5L_TYPE_EXTERNAL);
        H5PLset_loading_state(0);
        return H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;
    }();
}

Library library() {
    unsigned major = 0;
    unsigned minor = 0;
    unsigned release = 0;
    H5get_libversion(&major, &minor, &release);
    return {"HDF5", fmt::format("{}.{}.{}", major, minor, release)};
}

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

File::File(Handle handle, std::string name) : handle_(std::move(handle)), name_(std::move(name)) {}

namespace {

/// What the error stack of HDF5 says of a file that it does not open.
struct OpenFailure {
    bool not_hdf5 = false;
    bool cut_short = false;
};

herr_t classify(unsigned /*depth*/, const H5E_error2_t* entry, void* out) {
    auto& failure = *static_cast<OpenFailure*>(out);
    failure.not_hdf5 |= entry->min_num == H5E_NOTHDF5;
    failure.cut_short |= entry->min_num == H5E_TRUNCATED;
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
    OpenFailure failure;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, classify, &failure);
    const auto why = reason();
    if (failure.not_hdf5) {
        fail<DataError>("{}: is not an HDF5 file, expected one (is it whole, and the right file?)",
                        name);
    }
    if (failure.cut_short)
        fail<DataError>("{}: is cut short, expected a whole HDF5 file (make or fetch it again)",
                        name);
    fail<DataError>("{}: is damaged, expected a whole HDF5 file ({})", name, why);
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
    // It is held as a temporary file already, which on NFS would stand against HDF5's own lock.
    H5Pset_file_locking(properties.id(), false, true);
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

}  // namespace mast::store::h5
