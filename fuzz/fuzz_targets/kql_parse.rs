//! Any text: the parser must not panic, its diagnostics must point into the text, and what parses
//! must survive formatting twice.

#![no_main]

use keyline_kql::format::format;
use keyline_kql::parse::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (_, diagnostics) = parse(text);
    for diagnostic in diagnostics {
        let span = diagnostic.primary;
        assert!(text.get(span.start as usize..span.end as usize).is_some());
    }
    if let Ok(once) = format(text) {
        let twice = format(&once).expect("formatted text has no errors");
        assert_eq!(once, twice);
    }
});
