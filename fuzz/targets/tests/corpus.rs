//! The kept inputs of every target, and mutations of them, without a fuzzer: a panic fails the test.

#![cfg(test)]

use reeve_fuzz_targets::TARGETS;
use reeve_testkit::Dice;
use std::{
    path::Path,
    time::{Duration, Instant},
};

const MUTATIONS: usize = 50_000;
/// What the parsers look for.
const WORDS: [&[u8]; 28] = [
    b"\"",
    b"\\u0000",
    b"{",
    b"[[[[",
    b"}",
    b"null",
    b"-1",
    b"9223372036854775808",
    b"1e999",
    b"\n",
    b":",
    b"\r",
    b"%",
    b"%2",
    b"%00",
    b".",
    b"..",
    b"/",
    b"&",
    b"=",
    b"{{ a }}",
    b"{{ssm:a}}",
    b"[\\w-",
    b"{1,512}",
    b"timeoutSeconds",
    b"\xff\xfe",
    b"\xf0\x9f\x92\xa9",
    b"&a *a",
];

fn part(dice: &mut Dice, length: usize) -> std::ops::Range<usize> {
    let from = dice.below(length + 1);
    from..from + dice.below((length - from).min(32) + 1)
}

/// One to four changes: bits, words, and parts left out, repeated or taken from another input.
fn mutate(dice: &mut Dice, input: &[u8], other: &[u8]) -> Vec<u8> {
    let mut data = input.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(data.len() + 1);
        let span = part(dice, data.len());
        let put = match dice.below(5) {
            0 => {
                if let Some(byte) = data.get_mut(at) {
                    *byte ^= 1 << dice.below(8);
                }
                continue;
            }
            1 => WORDS[dice.below(WORDS.len())].to_vec(),
            2 => {
                data.drain(span);
                continue;
            }
            3 => data[span].repeat(1 + dice.below(40)),
            _ => other[part(dice, other.len())].to_vec(),
        };
        data.splice(at..at, put);
    }
    data
}

fn kept(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

#[test]
fn every_kept_input_and_its_mutations_keep_the_promises() {
    std::thread::scope(|scope| {
        for (name, target) in TARGETS {
            scope.spawn(move || {
                let (inputs, mut dice) = (kept(name), Dice(1));
                assert!(!inputs.is_empty(), "{name} has no corpus");
                let mut slowest = Duration::ZERO;
                let mut run = |data: &[u8]| {
                    let begun = Instant::now();
                    if std::panic::catch_unwind(|| target(data)).is_err() {
                        panic!("{name} fails with {:?}", String::from_utf8_lossy(data));
                    }
                    slowest = slowest.max(begun.elapsed());
                };
                inputs.iter().for_each(|input| run(input));
                for _ in 0..MUTATIONS {
                    let (input, other) = (dice.below(inputs.len()), dice.below(inputs.len()));
                    run(&mutate(&mut dice, &inputs[input], &inputs[other]));
                }
                println!(
                    "{name}: {} kept inputs and {MUTATIONS} mutations, the slowest in {slowest:.1?}",
                    inputs.len()
                );
            });
        }
    });
}
