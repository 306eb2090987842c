#include "store/h5_descriptor.h"

#include <hdf5.h>
#include <unistd.h>
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

#include <cerrno>
#include <new>

namespace mast::store::h5 {

namespace {

/// What HDF5 holds of an open file; its own part comes first.
struct DescriptorFile {
    H5FD_t own;
    int descriptor;
    haddr_t allocated;  ///< the end that HDF5 believes in
    haddr_t end;        ///< the end of the file
};

DescriptorFile& of(H5FD_t* file) {
    return *reinterpret_cast<DescriptorFile*>(file);
}

H5FD_t* open_file(const char* /*name*/, unsigned flags, hid_t access, haddr_t /*most*/) {
    const auto* descriptor = static_cast<const int*>(H5Pget_driver_info(access));
    if (descriptor == nullptr || (flags & H5F_ACC_RDWR) != 0) return nullptr;
    const auto end = ::lseek(*descriptor, 0, SEEK_END);
    if (end < 0) return nullptr;
    // HDF5 holds it, up to close_file().
    // NOLINTNEXTLINE(cppcoreguidelines-owning-memory)
    auto* file = new (std::nothrow) DescriptorFile{{}, *descriptor, 0, static_cast<haddr_t>(end)};
    return file == nullptr ? nullptr : &file->own;
}

herr_t close_file(H5FD_t* file) {
    delete &of(file);  // NOLINT(cppcoreguidelines-owning-memory)
    return 0;
}

haddr_t allocated_end(const H5FD_t* file, H5FD_mem_t /*type*/) {
    return reinterpret_cast<const DescriptorFile*>(file)->allocated;
}

herr_t set_allocated_end(H5FD_t* file, H5FD_mem_t /*type*/, haddr_t end) {
    of(file).allocated = end;
    return 0;
}

haddr_t end_of_file(const H5FD_t* file, H5FD_mem_t /*type*/) {
    return reinterpret_cast<const DescriptorFile*>(file)->end;
}

herr_t read_bytes(H5FD_t* file, H5FD_mem_t /*type*/, hid_t /*transfer*/, haddr_t first,
                  std::size_t count, void* out) {
    const auto& from = of(file);
    // Without this a place beyond what pread can name would be asked for.
    if (first > from.end || count > from.end - first) return -1;
    auto* next = static_cast<char*>(out);
    while (count > 0) {
        const auto got = ::pread(from.descriptor, next, count, static_cast<off_t>(first));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return -1;
        next += got;
        first += static_cast<haddr_t>(got);
        count -= static_cast<std::size_t>(got);
    }
    return 0;
}

/// As HDF5's own driver: small reads are gathered.
herr_t features(const H5FD_t* /*file*/, unsigned long* flags) {
    *flags = H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE;
    return 0;
}

herr_t refuse_write(H5FD_t* /*file*/, H5FD_mem_t /*type*/, hid_t /*transfer*/, haddr_t /*first*/,
                    std::size_t /*count*/, const void* /*data*/) {
    return -1;
}

H5FD_class_t make_driver() {
    H5FD_class_t driver{};
#if H5_VERSION_GE(1, 13, 0)
    driver.version = H5FD_CLASS_VERSION;
    driver.value = 513;  // 512 and above are free for such drivers
#endif
    driver.name = "descriptor";
    driver.maxaddr = static_cast<haddr_t>(INT64_MAX);
    driver.fc_degree = H5F_CLOSE_WEAK;
    driver.fapl_size = sizeof(int);
    driver.open = open_file;
    driver.close = close_file;
    driver.query = features;
    driver.get_eoa = allocated_end;
    driver.set_eoa = set_allocated_end;
    driver.get_eof = end_of_file;
    driver.read = read_bytes;
    driver.write = refuse_write;
    for (auto& type : driver.fl_map)
        type = H5FD_MEM_SUPER;  // all kinds of data lie alike
    return driver;
}

}  // namespace

bool read_through(std::int64_t access_properties, int descriptor) {
    static const H5FD_class_t kDriver = make_driver();
    static const hid_t kRegistered = H5FDregister(&kDriver);
    return H5Pset_driver(access_properties, kRegistered, &descriptor) >= 0;
}

}  // namespace mast::store::h5
