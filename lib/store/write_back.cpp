#include "store/write_back.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/thread.h"

namespace mast::store {

namespace {

/// Large enough that starting costs little, small enough that little is left at the end.
constexpr std::int64_t kBytes = std::int64_t{8} << 20U;

}  // namespace

WriteBack::WriteBack(const std::filesystem::path& file)
    : descriptor_(::open(file.c_str(), O_WRONLY | O_CLOEXEC)) {
    if (descriptor_ >= 0) thread_ = try_thread([this] { run(); });
}

WriteBack::~WriteBack() {
    if (thread_.joinable()) {
        stop_ = true;
        due_.release();
        thread_.join();
    }
    if (descriptor_ >= 0) ::close(descriptor_);
}

void WriteBack::written(std::int64_t bytes) {
    pending_ += bytes;
    if (pending_ < kBytes) return;
    pending_ = 0;
    due_.release();
}

void WriteBack::run() {
    for (;;) {
        due_.acquire();
        if (stop_) return;
        ::sync_file_range(descriptor_, 0, 0, SYNC_FILE_RANGE_WRITE);
    }
}

}  // namespace mast::store
