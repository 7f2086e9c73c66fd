//! Input made to break readers: bounded memory, no crash, a named problem.

use std::io::{Cursor, Read};

use keyline_trail::Column::*;
use keyline_trail::limits::{MAX_DEPTH, MAX_RECORD_BYTES};

use crate::support::{batches, check, gz, options, problems, rows, streamed};

const A: &str = r#"{"eventTime":"2023-07-10T11:30:50Z","eventName":"A"}"#;

/// So many bytes of one sort between two texts, never held.
fn stuffed(before: &str, byte: u8, count: u64, after: &str) -> impl Read + use<> {
    Cursor::new(before.to_owned())
        .chain(std::io::repeat(byte).take(count))
        .chain(Cursor::new(after.to_owned()))
}

#[test]
fn a_string_too_long_to_hold_is_passed_over() {
    let before = format!("{A}\n{{\"eventName\":\"");
    let input = stuffed(
        &before,
        b'x',
        MAX_RECORD_BYTES as u64 * 2,
        &format!("\"}}\n{A}\n"),
    );
    let (found, report) = streamed(input, &options(&[EventName]));
    assert_eq!(rows(&found), ["A", "A"]);
    assert_eq!(problems(&report), ["record-too-large 1"]);
}

/// A value too long to hold must be passed over in a few passes, whatever it is and wherever it stands: a
/// reader that goes a byte further and looks at it again does not come back from this test.
#[test]
fn long_values_that_are_no_objects_end() {
    const LONG: u64 = 6 << 20;
    let list = |quote: &str| {
        (
            format!("{{\"Records\":[{A},{quote}"),
            format!("{quote},{A}]}}"),
        )
    };
    let line = |quote: &str| (format!("{A}\n{quote}"), format!("{quote}\n{A}\n"));
    let cases = [
        ("a string in a list", list("\""), b'a'),
        ("a number in a list", list(""), b'1'),
        ("a string on a line", line("\""), b'a'),
        ("a word on a line", line(""), b'a'),
        ("colons on a line", line(""), b':'),
        ("no text on a line", line(""), 0x80),
        (
            "lines, a short one first",
            (format!("{A}\nx\n"), format!("\n{A}\n")),
            b'a',
        ),
    ];
    for (name, (before, after), byte) in cases {
        let mut text = Vec::new();
        let mut input = stuffed(&before, byte, LONG, &after);
        input.read_to_end(&mut text).unwrap();
        let input = stuffed(&before, byte, LONG, &after);
        let whole = batches(&text, &options(&[EventName]));
        let streamed = streamed(input, &options(&[EventName]));
        for (found, report) in [whole, streamed] {
            assert_eq!(rows(&found), ["A", "A"], "{name}");
            let expected: &[&str] = match name {
                "lines, a short one first" => &["bad-json 1", "record-too-large 1"],
                _ => &["record-too-large 1"],
            };
            assert_eq!(problems(&report), expected, "{name}");
            assert_eq!(report.bytes, text.len() as u64, "{name}");
        }
    }
    for byte in *b"a\"" {
        let alone = stuffed("", byte, LONG, "");
        let (_, report) = streamed(alone, &options(&[EventName]));
        assert!(report.failed && report.bad_records > 0, "{byte}");
    }
}

#[test]
fn wrappers_with_something_too_large_are_left_as_a_whole() {
    for (before, after) in [
        (
            format!("[{{\"Records\":[{A}],\"x\":\""),
            format!("\"}},{A}]"),
        ),
        (
            format!("[{A},{{\"detail\":{{\"a\":\""),
            format!("\"}}}},{A}]"),
        ),
        (format!("{{\"Records\":[{A}],\"x\":\""), format!("\"}}{A}")),
    ] {
        let input = stuffed(&before, b'x', 6 << 20, &after);
        let (found, report) = streamed(input, &options(&[EventName]));
        assert_eq!(rows(&found), ["A", "A"], "{before}");
        assert_eq!(problems(&report), ["record-too-large 1"], "{before}");
    }
}

#[test]
fn many_strangers_on_one_line_end() {
    let text = format!("[{A}{}]", ",{}".repeat(500_000));
    let (found, report) = batches(text.as_bytes(), &options(&[EventName]));
    assert_eq!(rows(&found), ["A"]);
    assert_eq!(problems(&report), ["not-a-record 500000"]);
}

#[test]
fn nesting_is_walked_and_not_recursed_into() {
    for (depth, expected, found_problems) in [
        (MAX_DEPTH - 2, vec!["A", "A", "A"], vec![]),
        (100_000, vec!["A", "A"], vec!["record-too-deep 1"]),
    ] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = format!(
                "{{\"eventTime\":\"2023-07-10T11:30:50Z\",\"eventName\":\"A\",\"requestParameters\":{}1{}}}",
                open.repeat(depth),
                close.repeat(depth)
            );
            for text in [
                format!("{A}\n{deep}\n{A}"),
                format!("{{\"Records\":[{A},{deep},{A}]}}"),
            ] {
                let (found, report) = batches(text.as_bytes(), &options(&[EventName]));
                assert_eq!(rows(&found), expected);
                assert_eq!(problems(&report), found_problems);
            }
        }
    }
    let (found, report) = batches("[".repeat(100_000).as_bytes(), &options(&[EventName]));
    assert!(found.is_empty() && report.failed);
    let (_, report) = batches(
        "{\"detail\":".repeat(100_000).as_bytes(),
        &options(&[EventName]),
    );
    assert!(report.bad_records > 0);
    let (_, report) = batches(
        "{\"Records\":[".repeat(100_000).as_bytes(),
        &options(&[EventName]),
    );
    assert!(report.bad_records > 0);
}

#[test]
fn gzip_bombs() {
    let blanks = gz(&vec![b' '; 4 << 20]);
    let (_, report) = batches(&blanks, &options(&[EventName]));
    assert_eq!(problems(&report), ["no-records 1"]);
    let lying = {
        let mut bytes = gz(A.as_bytes());
        let place = bytes.len() - 4;
        bytes[place..].copy_from_slice(&u32::MAX.to_le_bytes());
        bytes
    };
    let (found, report) = batches(&lying, &options(&[EventName]));
    assert_eq!(
        (rows(&found).as_slice(), problems(&report)),
        (&["A".to_owned()][..], vec!["corrupt-gzip 1".to_owned()])
    );
}

#[test]
fn bytes_that_are_no_text() {
    let mut text = format!("{A}\n").into_bytes();
    text.extend(br#"{"eventTime":"2023-07-10T11:30:50Z","eventName":"B","userAgent":"a"#);
    text.extend([0xff, 0xc3, b'b', 0]);
    text.extend(b"\"}\n");
    text.extend(A.as_bytes());
    check(
        &text,
        &[EventName, UserAgent],
        &["A | ", "B | a\u{fffd}\u{fffd}b\0", "A | "],
        &["invalid-utf8 1"],
    );
    check(
        [0u8, 1, 2, 0xff, 0xfe, b'\n'],
        &[EventName],
        &[],
        &["bad-json 1", "no-records 1"],
    );
    let utf16: Vec<u8> = A.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(batches(&utf16, &options(&[EventName])).1.failed);
}

#[test]
fn escapes_for_terminals_stay_out_of_messages() {
    let (_, report) = batches(b"\x1b[31mred\n", &options(&[EventName]));
    let example = report.problems.iter().next().unwrap().example;
    assert!(!example.contains('\x1b'), "{example}");
}

#[test]
fn broken_lines_without_number_cost_a_bounded_amount() {
    let text = "{\"eventName\":[\n".repeat(2_000) + A;
    let (found, report) = batches(text.as_bytes(), &options(&[EventName]));
    assert!(report.bad_records > 0);
    assert!(rows(&found).len() <= 1);
    let text = "{\"eventName\":\"\n".repeat(2_000) + A;
    let (found, report) = batches(text.as_bytes(), &options(&[EventName]));
    assert_eq!(
        (report.bad_records, rows(&found)),
        (2_000, vec!["A".to_owned()])
    );
}

#[test]
fn a_very_large_record_within_the_limit_is_read() {
    let agent = "x".repeat(2 << 20);
    let text = format!(
        "{A}\n{{\"eventTime\":\"2023-07-10T11:30:50Z\",\"eventName\":\"B\",\"userAgent\":\"{agent}\"}}\n{A}"
    );
    let (found, report) = batches(text.as_bytes(), &options(&[EventName, UserAgent]));
    assert!(report.problems.is_empty());
    assert_eq!(rows(&found)[1].len(), agent.len() + 4);
    let (found, _) = streamed(text.as_bytes(), &options(&[EventName]));
    assert_eq!(rows(&found), ["A", "B", "A"]);
}
