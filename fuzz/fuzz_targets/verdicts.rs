#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| relubound_fuzz::verdicts(data));
