//! What a POSIX shell says of a program that a signal ended, and what an exit code says of a signal.

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

/// The signals of Linux that end a process: number, name, and the C library's description.
const ENDING_SIGNALS: [(i32, &str, &str); 23] = [
    (1, "SIGHUP", "Hangup"),
    (2, "SIGINT", "Interrupt"),
    (3, "SIGQUIT", "Quit"),
    (4, "SIGILL", "Illegal instruction"),
    (5, "SIGTRAP", "Trace/breakpoint trap"),
    (6, "SIGABRT", "Aborted"),
    (7, "SIGBUS", "Bus error"),
    (8, "SIGFPE", "Floating point exception"),
    (9, "SIGKILL", "Killed"),
    (10, "SIGUSR1", "User defined signal 1"),
    (11, "SIGSEGV", "Segmentation fault"),
    (12, "SIGUSR2", "User defined signal 2"),
    (13, "SIGPIPE", "Broken pipe"),
    (14, "SIGALRM", "Alarm clock"),
    (15, "SIGTERM", "Terminated"),
    (16, "SIGSTKFLT", "Stack fault"),
    (24, "SIGXCPU", "CPU time limit exceeded"),
    (25, "SIGXFSZ", "File size limit exceeded"),
    (26, "SIGVTALRM", "Virtual timer expired"),
    (27, "SIGPROF", "Profiling timer expired"),
    (29, "SIGIO", "I/O possible"),
    (30, "SIGPWR", "Power failure"),
    (31, "SIGSYS", "Bad system call"),
];
/// The first and the last of the real-time signals.
const REAL_TIME_SIGNALS: std::ops::RangeInclusive<i32> = 34..=64;
/// A shell adds the number of the signal that ended a process to this.
const SIGNAL_CODE_BASE: i32 = 128;

/// As the C library describes a signal on Linux.
fn description(signal: i32) -> String {
    match ENDING_SIGNALS.iter().find(|(number, ..)| *number == signal) {
        Some((_, _, description)) => (*description).to_owned(),
        None if signal >= *REAL_TIME_SIGNALS.start() => {
            format!("Real-time signal {}", signal - REAL_TIME_SIGNALS.start())
        }
        None => format!("Unknown signal {signal}"),
    }
}

/// An exit code in words. One that stands for a signal names it; whether the signal came, or the script chose the code
/// itself, cannot be told from the code alone.
pub(in super::super) fn code_in_words(code: i32) -> String {
    let signal = code - SIGNAL_CODE_BASE;
    let known = ENDING_SIGNALS.iter().find(|(number, ..)| *number == signal);
    match known {
        Some((_, name, _)) => {
            format!("{code} ({SIGNAL_CODE_BASE} + {signal}: the code of a process that {name} ended)")
        }
        None if REAL_TIME_SIGNALS.contains(&signal) => format!(
            "{code} ({SIGNAL_CODE_BASE} + {signal}: the code of a process that a real-time signal ended)"
        ),
        None => code.to_string(),
    }
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
