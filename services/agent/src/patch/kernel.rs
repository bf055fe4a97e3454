//! Packages that bring a kernel.

/// Packages of rpm that bring a kernel's image.
const KERNELS: [&str; 8] = [
    "kernel",
    "kernel-core",
    "kernel-rt-core",
    "kernel-64k-core",
    "kernel-uek",
    "kernel-uek-core",
    "kernel-default",
    "kernel-azure",
];

/// Whether a package is one that brings a kernel's image.
pub fn is_kernel(name: &str) -> bool {
    name.starts_with("linux-image-") || KERNELS.contains(&name)
}
