// That only one process writes a run.
#pragma once

#include <filesystem>

namespace mast::train {

/// A lock on the file `.lock` of a run folder, for as long as this lives; it ends with the process,
/// however that ends. Readers do not ask for it. Where the file system knows no locks there is
/// none.
class RunLock {
  public:
    /// Throws IoError naming the process that has it. `run`: its name in messages.
    RunLock(const std::filesystem::path& folder, const std::filesystem::path& run);
    ~RunLock();
    RunLock(RunLock&& other) noexcept;
    RunLock& operator=(RunLock&&) = delete;

    /// False where the file system knows no locks.
    bool holds() const { return holds_; }

  private:
    int descriptor_;
    bool holds_ = false;
};

}  // namespace mast::train
