//! No comment makes the parser of commands panic or hang, and quoting it takes all commands out of it:
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run --dev comment`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use slipway::domain::commands::{may_command, parse};
use slipway::domain::names::UserName;

fuzz_target!(|text: &str| {
    let me = UserName::parse("slipway[bot]").ok();
    let (anybody, mine) = (parse(text, None), parse(text, me.as_ref()));
    assert!(mine.len() <= anybody.len());
    assert_eq!(may_command(text), !anybody.is_empty());
    let quoted: String = text.split(['\n', '\r']).map(|line| format!("> {line}\n")).collect();
    assert!(parse(&quoted, None).is_empty(), "{quoted:?}");
});
