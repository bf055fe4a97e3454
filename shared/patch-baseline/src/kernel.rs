//! Which of the installed kernels the next start would run.

use crate::{Scheme, compare};

/// The newest installed kernel of the running one's flavour, by their releases as `uname -r` gives them. A restart is due
/// when it is another than the running one. The flavour is what stands behind the version: `generic`, `amd64`, `rpi-v8`;
/// with rpm the architecture.
pub fn newest_of_flavour<'a>(scheme: Scheme, running: &'a str, installed: &[&'a str]) -> &'a str {
    let flavour = flavour(scheme, running);
    let same = installed.iter().copied().filter(|release| self::flavour(scheme, release) == flavour);
    same.chain([running]).max_by(|a, b| compare(scheme, a, b)).unwrap_or(running)
}

fn flavour(scheme: Scheme, release: &str) -> &str {
    match scheme {
        // 6.8.0-31-generic, 6.12.90+deb13.1-amd64, 6.12.47+rpt-rpi-2712: a part that is no number, and what follows it.
        Scheme::Deb => {
            let mut rest = release;
            while let Some((_, behind)) = rest.split_once('-') {
                if behind.starts_with(|c: char| c.is_ascii_alphabetic()) {
                    return behind;
                }
                rest = behind;
            }
            ""
        }
        Scheme::Rpm => release.rsplit_once('.').map_or("", |(_, arch)| arch),
    }
}
