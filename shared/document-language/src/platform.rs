//! The platforms that documents know.

/// The three platforms documents know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Platform {
    /// Windows.
    Windows,
    /// Linux.
    Linux,
    /// macOS.
    MacOs,
}

impl Platform {
    /// All of them, in the order of the public API.
    pub const ALL: [Platform; 3] = [Platform::Windows, Platform::Linux, Platform::MacOs];

    /// The word of the public API.
    pub fn name(self) -> &'static str {
        match self {
            Platform::Windows => "Windows",
            Platform::Linux => "Linux",
            Platform::MacOs => "MacOS",
        }
    }

    /// The platform this code was compiled for.
    pub fn here() -> Self {
        if cfg!(windows) {
            Platform::Windows
        } else if cfg!(target_os = "macos") {
            Platform::MacOs
        } else {
            Platform::Linux
        }
    }
}

/// The words for all the platforms, in the order of the public API.
pub(crate) fn all_names() -> Vec<String> {
    Platform::ALL.iter().map(|platform| platform.name().to_owned()).collect()
}
