// Puts a file on disk while more of it is being made.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <semaphore>
#include <thread>

namespace mast::store {

/// Starts the disk on what was written so far, every few megabytes and on a thread of its own: by
/// itself the system leaves most of it to the last fsync. It only helps: errors are left to that
/// fsync, which comes to see them.
class WriteBack {
  public:
    explicit WriteBack(const std::filesystem::path& file);
    ~WriteBack();
    WriteBack(const WriteBack&) = delete;
    WriteBack& operator=(const WriteBack&) = delete;

    /// So many bytes more were written.
    void written(std::int64_t bytes);

  private:
    void run();

    int descriptor_;
    std::int64_t pending_ = 0;  ///< bytes since the disk was last started
    std::counting_semaphore<> due_{0};
    std::atomic<bool> stop_ = false;
    std::thread thread_;  ///< absent where the system starts no more
};

}  // namespace mast::store
