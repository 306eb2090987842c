#include "train/metrics_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/error.h"

namespace mast::train {

namespace {

/// Bytes of the lines at the start of the file that are whole and of steps up to this one.
std::int64_t bytes_up_to(const std::string& path, std::int64_t step) {
    std::ifstream in(path);
    std::int64_t bytes = 0;
    for (std::string line; std::getline(in, line) && !in.eof();) {
        const auto json = nlohmann::json::parse(line, nullptr, false);
        const auto found = json.is_object() ? json.find("step") : json.end();
        if (found == json.end() || !found->is_number_integer() || *found > step) break;
        bytes += static_cast<std::int64_t>(line.size()) + 1;
    }
    return bytes;
}

}  // namespace

MetricsLog::MetricsLog(const std::filesystem::path& path)
    : name_(path.string()),
      descriptor_(::open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0666)) {
    if (descriptor_ < 0) failed();
}

MetricsLog::~MetricsLog() {
    ::close(descriptor_);
}

void MetricsLog::failed() const {
    fail<IoError>("{}: cannot be written ({}), expected a disk with room (free some space)", name_,
                  std::strerror(errno));
}

void MetricsLog::cut_after(std::int64_t step) {
    if (::ftruncate(descriptor_, bytes_up_to(name_, step)) != 0) failed();
}

void MetricsLog::append(const std::string& line) {
    const auto text = line + '\n';
    for (std::size_t done = 0; done < text.size();) {
        const auto written = ::write(descriptor_, text.data() + done, text.size() - done);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) failed();
        done += static_cast<std::size_t>(written);
    }
}

void MetricsLog::sync() {
    if (::fsync(descriptor_) != 0) failed();
}

}  // namespace mast::train
