# Cross build for the board: -DCMAKE_TOOLCHAIN_FILE=aarch64-linux-gnu.cmake. Debian package
# gcc-aarch64-linux-gnu (with libc6-dev-arm64-cross).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_ASM_COMPILER aarch64-linux-gnu-gcc)
