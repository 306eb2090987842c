// For programs that let HDF5 read damaged files: it loses memory on the way out of some errors,
// which is not ours to free. To be included once in a program.
#pragma once

extern "C" const char* __lsan_default_suppressions();   // NOLINT: the name is the sanitizer's
extern "C" const char* __lsan_default_suppressions() {  // NOLINT
    return "leak:libhdf5_serial\n";
}
