#include "base/control_group.h"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <string>

#include "support/temp_dir.h"

namespace mast {

namespace {

/// A machine's /proc and /sys, as far as control groups go.
class Machine {
  public:
    explicit Machine(const std::string& groups) { write("proc/self/cgroup", groups); }
    void write(const std::string& path, const std::string& text) const {
        std::filesystem::create_directories((dir_ / path).parent_path());
        std::ofstream(dir_ / path) << text;
    }
    double limit() const { return group_memory_limit(dir_.path()); }

  private:
    test::TempDir dir_;
};

}  // namespace

TEST_SUITE("base/control_group") {
    TEST_CASE("version 2: the least limit of the group and of those around it") {
        const Machine machine("0::/system.slice/job.scope/step\n");
        CHECK(std::isinf(machine.limit()));
        machine.write("sys/fs/cgroup/system.slice/memory.max", "max\n");
        machine.write("sys/fs/cgroup/system.slice/job.scope/memory.max", "4000000000\n");
        machine.write("sys/fs/cgroup/system.slice/job.scope/step/memory.max", "max\n");
        machine.write("sys/fs/cgroup/system.slice/other.scope/memory.max", "1000\n");
        CHECK(machine.limit() == 4e9);
        machine.write("sys/fs/cgroup/system.slice/memory.max", "3000000000\n");
        CHECK(machine.limit() == 3e9);
    }

    TEST_CASE("a container sees its own group as the topmost") {
        for (const std::string group : {"/", "/../../elsewhere", "/docker/1f2e"}) {
            CAPTURE(group);
            const Machine machine("0::" + group + "\n");
            machine.write("sys/fs/cgroup/memory.max", "2000000000\n");
            CHECK(machine.limit() == 2e9);
        }
    }

    TEST_CASE("version 1: the group of the memory controller, beside which others stand") {
        const Machine machine(
            "12:cpu,cpuacct:/jobs/8\n7:name=systemd:/user:1\n4:hugetlb,memory:/jobs/9\n0::/\n");
        machine.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        CHECK(machine.limit() > 9e18);
        machine.write("sys/fs/cgroup/memory/jobs/8/memory.limit_in_bytes", "1000\n");
        machine.write("sys/fs/cgroup/memory/jobs/9/memory.limit_in_bytes", "5000000000\n");
        CHECK(machine.limit() == 5e9);
    }

    TEST_CASE("no limit where nothing can be read") {
        for (const std::string groups : {"", "\n", "0:", "nonsense", "4:memory", "::"}) {
            CAPTURE(groups);
            CHECK(std::isinf(Machine(groups).limit()));
        }
        CHECK(std::isinf(group_memory_limit("/no/such/machine")));
    }
}

}  // namespace mast
