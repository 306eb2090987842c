#include "store/h5_text.h"

#include <hdf5.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <vector>

#include "base/error.h"
#include "store/h5.h"
#include "store/h5_calls.h"

namespace mast::store::h5 {

namespace {

static_assert(std::endian::native == std::endian::little, "numbers of the heap are little-endian");

/// Where a text stands, as the file has it: length, heap, number in the heap.
struct Reference {
    std::uint32_t length;
    std::uint64_t heap;
    std::uint32_t index;
};
constexpr std::size_t kReferenceBytes = 16;
constexpr std::size_t kHeapHeader = 16;    ///< "GCOL", version, 3 reserved, size
constexpr std::size_t kObjectHeader = 16;  ///< index, uses, 4 reserved, size
constexpr std::size_t kAlignment = 8;

template <class T>
T number_at(const char* bytes) {
    T value;
    std::memcpy(&value, bytes, sizeof value);
    return value;
}

/// A conversion that leaves the bytes of the file as they are.
herr_t keep_bytes(hid_t from, hid_t to, H5T_cdata_t* data, std::size_t /*count*/,
                  std::size_t /*stride*/, std::size_t /*background_stride*/, void* /*values*/,
                  void* /*background*/, hid_t /*transfer*/) {
    if (data->command != H5T_CONV_INIT) return 0;
    data->need_bkg = H5T_BKG_NO;
    const bool fits = H5Tis_variable_str(from) > 0 && H5Tget_class(to) == H5T_OPAQUE &&
                      H5Tget_size(to) == kReferenceBytes;
    return fits ? 0 : -1;
}

/// The type of a Reference in memory.
hid_t reference_type() {
    static const hid_t type = [] {
        const hid_t opaque = H5Tcreate(H5T_OPAQUE, kReferenceBytes);
        const Handle text(H5Tcopy(H5T_C_S1), close_type);
        H5Tset_size(text.id(), H5T_VARIABLE);
        H5Tregister(H5T_PERS_SOFT, "reference of a text", text.id(), opaque, keep_bytes);
        return opaque;
    }();
    return type;
}

std::optional<Reference> reference_of(std::int64_t object, bool attribute) {
    std::array<char, kReferenceBytes> bytes{};
    const herr_t status =
        attribute ? H5Aread(object, reference_type(), bytes.data())
                  : H5Dread(object, reference_type(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data());
    if (status < 0) {
        H5Eclear2(H5E_DEFAULT);
        return std::nullopt;
    }
    return Reference{number_at<std::uint32_t>(bytes.data()),
                     number_at<std::uint64_t>(bytes.data() + 4),
                     number_at<std::uint32_t>(bytes.data() + 12)};
}

/// The descriptor of a file that is only read, by HDF5's usual driver; -1 for others.
int descriptor_of(std::int64_t object) {
    const Handle file(H5Iget_file_id(object), close_file);
    unsigned intent = 0;
    if (file.id() < 0 || H5Fget_intent(file.id(), &intent) < 0 || intent != H5F_ACC_RDONLY)
        return -1;
    const Handle access(H5Fget_access_plist(file.id()), close_properties);
    void* handle = nullptr;
    if (H5Pget_driver(access.id()) != H5FD_SEC2 ||
        H5Fget_vfd_handle(file.id(), H5P_DEFAULT, &handle) < 0 || handle == nullptr)
        return -1;
    return *static_cast<const int*>(handle);
}

[[noreturn]] void refuse(const std::string& where, const char* what) {
    fail<DataError>("{}: has a text whose {}, expected a whole file (make it again)", where, what);
}

std::vector<char> read_bytes(int descriptor, std::uint64_t from, std::size_t count,
                             const std::string& where) {
    std::vector<char> bytes(count);
    for (std::size_t done = 0; done < count;) {
        const auto got =
            ::pread(descriptor, bytes.data() + done, count - done, static_cast<off_t>(from + done));
        if (got <= 0) refuse(where, "place is outside of the file");
        done += static_cast<std::size_t>(got);
    }
    return bytes;
}

std::vector<char> read_heap(int descriptor, std::uint64_t at, std::size_t most,
                            const std::string& where) {
    constexpr std::uint64_t kFarthest = std::uint64_t{1} << 62U;
    if (at > kFarthest) refuse(where, "place is outside of the file");
    const auto header = read_bytes(descriptor, at, kHeapHeader, where);
    const auto size = number_at<std::uint64_t>(header.data() + 8);
    if (std::memcmp(header.data(), "GCOL", 4) != 0 || size < kHeapHeader)
        refuse(where, "heap is damaged");
    // A heap holds one text that is long, or several that are short.
    constexpr std::size_t kShortTexts = std::size_t{1} << 20U;
    if (size > most + kShortTexts) refuse(where, "heap is too large");
    return read_bytes(descriptor, at, static_cast<std::size_t>(size), where);
}

std::string find_text(const std::vector<char>& heap, const Reference& reference,
                      const std::string& where) {
    std::size_t at = kHeapHeader;
    while (heap.size() - at >= kObjectHeader) {
        const auto index = number_at<std::uint16_t>(heap.data() + at);
        const auto size = number_at<std::uint64_t>(heap.data() + at + 8);
        at += kObjectHeader;
        if (index == 0 || size > heap.size() - at) break;  // free space, or nonsense
        if (index == reference.index) {
            if (reference.length > size) break;
            const std::string text(heap.data() + at, reference.length);
            return text.substr(0, text.find('\0'));
        }
        const auto padded = (size + kAlignment - 1) / kAlignment * kAlignment;
        if (padded > heap.size() - at) break;
        at += padded;
    }
    refuse(where, "heap is damaged");
}

}  // namespace

std::optional<std::string> read_heap_text(std::int64_t object, bool attribute, std::size_t most,
                                          const std::string& where) {
    const int descriptor = descriptor_of(object);
    if (descriptor < 0) return std::nullopt;
    const auto reference = reference_of(object, attribute);
    if (!reference) return std::nullopt;
    if (reference->length == 0) return std::string();
    if (reference->length > most) refuse(where, "length is beyond all texts");
    return find_text(read_heap(descriptor, reference->heap, most, where), *reference, where);
}

}  // namespace mast::store::h5
