#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| reeve_fuzz_targets::schedule(data));
