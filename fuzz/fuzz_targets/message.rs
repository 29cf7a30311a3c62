//! No commit message makes the parser panic or hang: `RUSTC_BOOTSTRAP=1 cargo fuzz run --dev message`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use slipway::domain::commit::{Bullets, Message, co_authors, picked_from, read, references, release_as, request, revert};

fuzz_target!(|text: &str| {
    let message = Message::new(text);
    for bullets in [Bullets::Fallback, Bullets::Always, Bullets::Never] {
        read(&message, bullets);
    }
    revert(&message);
    references(message.text());
    co_authors(message.text());
    release_as(message.text());
    picked_from(message.text());
    request(message.text());
});
