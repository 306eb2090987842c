#include "train/event_log.h"

#include <event.pb.h>
#include <boost/crc.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <optional>

namespace mast::train {

namespace {

static_assert(std::endian::native == std::endian::little, "records are little-endian");

constexpr const char* kFileVersion = "brain.Event:2";
constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kSumBytes = 4;

/// CRC32C (Castagnoli), turned and shifted so that a sum over data that holds sums stays one.
std::uint32_t masked_crc(std::string_view bytes) {
    boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
    crc.process_bytes(bytes.data(), bytes.size());
    return std::rotr(static_cast<std::uint32_t>(crc.checksum()), 15) + 0xA282EAD8U;
}

template <class T>
std::string bytes_of(T number) {
    std::string bytes(sizeof(T), '\0');
    std::memcpy(bytes.data(), &number, sizeof(T));
    return bytes;
}

std::string record(const tensorboard::Event& event) {
    const auto data = event.SerializeAsString();
    const auto length = bytes_of(static_cast<std::uint64_t>(data.size()));
    return length + bytes_of(masked_crc(length)) + data + bytes_of(masked_crc(data));
}

/// The next `count` bytes with a sum behind them; nothing if they are not whole.
std::optional<std::string> checked_bytes(std::istream& in, std::size_t count) {
    std::string bytes(count + kSumBytes, '\0');
    if (!in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) return std::nullopt;
    const auto sum = bytes.substr(count);
    bytes.resize(count);
    if (bytes_of(masked_crc(bytes)) != sum) return std::nullopt;
    return bytes;
}

/// Bytes of the records at the start of the file that are whole and of steps up to this one.
std::int64_t bytes_of_records_up_to(const std::string& path, std::int64_t step) {
    std::ifstream in(path, std::ios::binary | std::ios::ate);
    const auto size = static_cast<std::uint64_t>(std::max<std::streamoff>(0, in.tellg()));
    in.seekg(0);
    std::uint64_t bytes = 0;
    while (const auto head = checked_bytes(in, kLengthBytes)) {
        std::uint64_t length = 0;
        std::memcpy(&length, head->data(), kLengthBytes);
        const auto begin = bytes + kLengthBytes + kSumBytes;
        if (length > size - begin) break;
        const auto data = checked_bytes(in, length);
        tensorboard::Event event;
        if (!data || !event.ParseFromString(*data) || event.step() > step) break;
        bytes = begin + length + kSumBytes;
    }
    return static_cast<std::int64_t>(bytes);
}

tensorboard::Event event_at(std::int64_t step, double wall_time) {
    tensorboard::Event event;
    event.set_wall_time(wall_time);
    event.set_step(step);
    return event;
}

}  // namespace

EventLog::EventLog(const std::filesystem::path& path, std::int64_t step) : file_(path) {
    const auto kept = bytes_of_records_up_to(file_.name(), step);
    file_.cut(kept);
    if (kept > 0) return;
    tensorboard::Event first;
    first.set_file_version(kFileVersion);
    file_.append(record(first));
}

void EventLog::scalars(std::int64_t step, double wall_time, const std::vector<Scalar>& values) {
    auto event = event_at(step, wall_time);
    for (const auto& [tag, number] : values) {
        if (!std::isfinite(number)) continue;
        auto* const value = event.mutable_summary()->add_value();
        value->set_tag(tag);
        value->set_simple_value(static_cast<float>(number));
    }
    file_.append(record(event));
}

void EventLog::picture(std::int64_t step, double wall_time, const std::string& tag,
                       const Picture& picture) {
    constexpr int kRgb = 3;
    auto event = event_at(step, wall_time);
    auto* const value = event.mutable_summary()->add_value();
    value->set_tag(tag);
    auto* const image = value->mutable_image();
    image->set_width(static_cast<std::int32_t>(picture.width));
    image->set_height(static_cast<std::int32_t>(picture.height));
    image->set_colorspace(kRgb);
    image->set_encoded_image_string(picture.png);
    file_.append(record(event));
}

Library event_library() {
    return {"Protobuf", google::protobuf::internal::VersionString(GOOGLE_PROTOBUF_VERSION)};
}

}  // namespace mast::train
