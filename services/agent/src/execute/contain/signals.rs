//! What a POSIX shell says of a program that a signal ended.

use std::{os::unix::process::ExitStatusExt, process::ExitStatus};

const INTERRUPT: i32 = 2;
const BROKEN_PIPE: i32 = 13;

/// The line that a shell which waited for a program prints of its end; `None` when it prints none.
pub(super) fn said(status: ExitStatus) -> Option<String> {
    let signal = status.signal()?;
    if matches!(signal, INTERRUPT | BROKEN_PIPE) {
        return None;
    }
    let core = if status.core_dumped() { " (core dumped)" } else { "" };
    Some(format!("{}{core}\n", description(signal)))
}

/// As the C library describes a signal on Linux.
fn description(signal: i32) -> String {
    let known = match signal {
        1 => "Hangup",
        3 => "Quit",
        4 => "Illegal instruction",
        5 => "Trace/breakpoint trap",
        6 => "Aborted",
        7 => "Bus error",
        8 => "Floating point exception",
        9 => "Killed",
        10 => "User defined signal 1",
        11 => "Segmentation fault",
        12 => "User defined signal 2",
        14 => "Alarm clock",
        15 => "Terminated",
        16 => "Stack fault",
        24 => "CPU time limit exceeded",
        25 => "File size limit exceeded",
        26 => "Virtual timer expired",
        27 => "Profiling timer expired",
        29 => "I/O possible",
        30 => "Power failure",
        31 => "Bad system call",
        34.. => return format!("Real-time signal {}", signal - 34),
        _ => return format!("Unknown signal {signal}"),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// The shell of this machine says it of the same end.
    #[test]
    fn given_each_signal_that_ends_when_a_shell_waits_then_it_says_the_same() {
        // Those that stop, or are ignored, end nobody: 17 to 23, 28 and 18.
        for signal in (1..=16).chain(24..=27).chain(29..=31).chain([34, 40, 64]) {
            let script = format!("ulimit -c 0; kill -{signal} $$; sleep 5");
            let ended = Command::new("sh").args(["-c", &script]).status().unwrap();
            assert_eq!(ended.signal(), Some(signal), "{ended:?}");
            let waiting = format!("sh -c '{script}'; exit 0");
            let output = Command::new("sh").args(["-c", &waiting]).output().unwrap();
            let expected = String::from_utf8(output.stderr).unwrap();
            let is_dash = !expected.contains("line 1:");
            if is_dash && signal != INTERRUPT {
                assert_eq!(said(ended).unwrap_or_default(), expected, "{signal}");
            }
        }
    }
}
