//! Finding the records of a file, whatever stands around them.
//!
//! The text of a file goes in; each record that it holds is handed on, and everything else becomes a problem
//! of the report. Known are `{"Records": […]}`, arrays, one record a line, records one after another, pretty
//! print, EventBridge's `detail`, and LookupEvents with its records as text. Text is taken in windows that
//! start outside strings; a record that does not fit makes its window grow up to a limit. After something
//! broken, reading goes on at the next record that can be told. What a record means is in `record.rs`.

use std::ops::ControlFlow;

use crate::coverage::{FileReport, ProblemKind};
use crate::emit::Emit;
use crate::index::Index;
use crate::inflate::unsupported_compression;
use crate::input::Input;
use crate::json::{Kind, Stop, Window, lossy, unescape};
use crate::limits::{
    MAX_EXAMPLE_BYTES, MAX_RECORD_BYTES, MAX_WRAPPERS, RESCAN_FACTOR, WINDOW_BYTES,
};
use crate::record::{Found, Slots, Wanted, is_detail, is_list, read_object};
use crate::resync::{next_record, skip_value};

/// The window after something broken: parity of quotes is anybody's guess there, so little is indexed.
const SMALL_WINDOW: usize = 4 << 10;
/// What is always granted for looking again, in bytes: see `RESCAN_FACTOR`.
const RESCAN_FREE: u64 = 64 << 20;

/// What one reader keeps from file to file.
pub(crate) struct Scratch {
    pub index: Index,
    pub inner_index: Index,
    pub slots: Slots,
}

/// What encloses the current place; nothing does at the top of the file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Inside a list of records.
    List,
    /// Before the one record of a wrapper.
    Single,
    /// Behind a member of a wrapper.
    Wrapper,
}

struct Walk<'a, 'b> {
    wanted: &'a Wanted,
    emit: &'a mut Emit<'b>,
    slots: &'a mut Slots,
    inner_index: &'a mut Index,
    places: Vec<Place>,
    /// The name of the first member of the file's first record: how records start here.
    first_name: Vec<u8>,
    seen_list: bool,
}

/// How far a window was used, and why it was left.
enum Step {
    Used(usize),
    /// The value at this place does not end in the window.
    Larger(usize),
    /// The value at this place is broken.
    Broken(usize),
    /// The sink wants no more.
    End,
}

/// Reads a whole file.
pub(crate) fn walk(
    mut input: Input<'_>,
    wanted: &Wanted,
    scratch: &mut Scratch,
    emit: &mut Emit<'_>,
) -> ControlFlow<()> {
    let Scratch {
        index,
        inner_index,
        slots,
    } = scratch;
    input.fill(WINDOW_BYTES);
    if let Some(name) = unsupported_compression(input.window(WINDOW_BYTES).0) {
        let report = &mut *emit.report;
        report.problems.add(ProblemKind::Unreadable, || {
            format!("the file is compressed with {name}, which is not supported; gzip is")
        });
        report.failed = true;
        return ControlFlow::Continue(());
    }
    let mut walk = Walk {
        wanted,
        emit,
        slots,
        inner_index,
        places: Vec::new(),
        first_name: Vec::new(),
        seen_list: false,
    };
    let flow = walk.windows(&mut input, index);
    let cut_off = !walk.places.is_empty();
    let seen_list = walk.seen_list;
    let report = &mut *walk.emit.report;
    report.bytes = input.position();
    match input.problem() {
        Some((kind, what)) => {
            report.problems.add(*kind, || what.clone());
            report.failed = true;
        }
        None if flow.is_continue() && cut_off => {
            report.problems.add(ProblemKind::BadJson, || {
                format!(
                    "line {}: the file ends before its list of records does",
                    input.line(0)
                )
            });
        }
        None => {}
    }
    if report.events == 0 && flow.is_continue() {
        report.problems.add(ProblemKind::NoRecords, || {
            "no CloudTrail record in it".to_owned()
        });
        report.failed |= !seen_list || report.bad_records > 0;
    }
    flow
}

impl Walk<'_, '_> {
    fn windows(&mut self, input: &mut Input<'_>, index: &mut Index) -> ControlFlow<()> {
        input.fill(WINDOW_BYTES);
        if input.window(3).0 == b"\xef\xbb\xbf" {
            input.consume(3);
        }
        let mut size = WINDOW_BYTES;
        let mut seeking = false;
        let mut looked_again = 0u64;
        loop {
            input.fill(size);
            let (text, last) = input.window(size);
            if text.is_empty() {
                return ControlFlow::Continue(());
            }
            if seeking {
                let (found, skip) = match next_record(text, &self.first_name) {
                    Some(place) => (true, place),
                    // What is looked for may lie across the end of the window.
                    None if last => (false, text.len()),
                    None => (
                        false,
                        text.len() - text.len().min(self.first_name.len() + 64),
                    ),
                };
                seeking = !found;
                input.consume(skip.max(usize::from(!found)));
                continue;
            }
            index.build(text);
            let utf8 = !index.non_ascii
                || match std::str::from_utf8(text) {
                    Ok(_) => true,
                    Err(error) => !last && error.error_len().is_none(),
                };
            let window = Window {
                text,
                index,
                utf8,
                session_token: crate::token::may_hold_token(text),
            };
            let (length, step) = (text.len(), self.step(&window, input));
            match step {
                Step::End => return ControlFlow::Break(()),
                Step::Used(used) => {
                    input.consume(used);
                    size = if size < WINDOW_BYTES {
                        size * 2
                    } else {
                        WINDOW_BYTES
                    };
                }
                Step::Larger(at) if at > 0 => {
                    input.consume(at);
                    size = size.clamp(SMALL_WINDOW, WINDOW_BYTES);
                }
                Step::Larger(_) => {
                    // A record on one line does not hold the start of the next line's record.
                    let broken_line =
                        self.places.is_empty() && memchr::memmem::find(text, b"\n{").is_some();
                    if last && input.problem().is_some() {
                        // The file breaks off here, which is a problem of its own.
                        let all = text.len();
                        input.consume(all);
                        self.places.clear();
                    } else if last || broken_line {
                        let why = if last {
                            "the file ends inside a record"
                        } else {
                            "the line ends inside a record"
                        };
                        self.bad_record(ProblemKind::BadJson, input, 0, why);
                        self.leave_broken(input);
                        (seeking, size) = (true, SMALL_WINDOW);
                        looked_again += length as u64;
                    } else if length >= MAX_RECORD_BYTES {
                        let what = format!(
                            "the record is larger than {MAX_RECORD_BYTES} bytes and passed over"
                        );
                        self.bad_record(ProblemKind::RecordTooLarge, input, 0, &what);
                        let wrappers = self.leave_broken_object();
                        skip_value(input, wrappers);
                        size = WINDOW_BYTES;
                        looked_again += length as u64;
                    } else {
                        size = (size * 2).min(MAX_RECORD_BYTES);
                    }
                }
                Step::Broken(at) => {
                    let in_object = text[at] == b'{';
                    let rest_of_line = memchr::memchr(b'\n', &text[at..])
                        .map_or(text.len() - at, |length| length + 1);
                    input.consume(at);
                    if in_object || !self.places.is_empty() {
                        self.leave_broken(input);
                        seeking = true;
                    } else {
                        // Text that is no JSON at all: a line of it is one problem.
                        input.consume(rest_of_line);
                    }
                    size = SMALL_WINDOW;
                    looked_again += length as u64;
                }
            }
            if looked_again > RESCAN_FREE + RESCAN_FACTOR * input.position() {
                looked_again = 0;
                let stretch = input.window(MAX_RECORD_BYTES).0.len();
                self.emit.report.problems.add(ProblemKind::BadJson, || {
                    format!(
                        "line {}: too many broken records; {stretch} bytes are passed over",
                        input.line(0)
                    )
                });
                input.consume(stretch);
            }
        }
    }

    /// Goes one byte into the broken value, so that the search for the next one does not find it again.
    fn leave_broken(&mut self, input: &mut Input<'_>) {
        input.consume(1);
        self.leave_broken_object();
    }

    /// Leaves the wrappers around the current place, and says how many objects those are.
    fn leave_broken_object(&mut self) -> u64 {
        // Inside a wrapper nothing is certain any more; inside a list the next record belongs to it.
        let mut wrappers = 0;
        while let Some(place @ (Place::Single | Place::Wrapper)) = self.places.last() {
            wrappers += u64::from(*place == Place::Wrapper);
            self.places.pop();
        }
        wrappers
    }

    fn step(&mut self, window: &Window<'_>, input: &Input<'_>) -> Step {
        let (mut at, mut token) = (0, 0);
        loop {
            if self.places.last() == Some(&Place::Wrapper) {
                match self.rest_of_wrapper(window, at, &mut token) {
                    Ok(behind) => at = behind,
                    Err(Stop::Incomplete) => return Step::Larger(at),
                    Err(stop) => {
                        self.bad_stop(stop, input, at);
                        return Step::Broken(at);
                    }
                }
                continue;
            }
            let Some(blanks) = window.text[at..]
                .iter()
                .position(|byte| *byte > b' ' && *byte != b',')
            else {
                return Step::Used(window.text.len());
            };
            at += blanks;
            match window.text[at] {
                b'{' => match self.object(window, input, at, &mut token) {
                    Ok(behind) => at = behind,
                    Err(step) => return step,
                },
                b'[' if self.places.len() < 2 * MAX_WRAPPERS => {
                    self.seen_list = true;
                    self.places.push(Place::List);
                    (at, token) = (at + 1, token + 1);
                }
                b']' if self.places.last() == Some(&Place::List) => {
                    self.places.pop();
                    (at, token) = (at + 1, token + 1);
                }
                b'"' => {
                    let Some(close) = window.index.tokens.get(token + 1) else {
                        return Step::Larger(at);
                    };
                    self.bad_record(
                        ProblemKind::NotARecord,
                        input,
                        at,
                        "expected a record, found a string",
                    );
                    (at, token) = (*close as usize + 1, token + 2);
                }
                first => match window.value(&mut token, at, first) {
                    Ok(value) if !matches!(value.kind, Kind::Array) => {
                        self.bad_record(
                            ProblemKind::NotARecord,
                            input,
                            at,
                            "expected a record, found a bare value",
                        );
                        at = value.end;
                    }
                    Err(Stop::Incomplete) => return Step::Larger(at),
                    _ => {
                        let found = excerpt(&window.text[at..]);
                        self.bad_record(
                            ProblemKind::BadJson,
                            input,
                            at,
                            &format!("expected a record, found `{found}`"),
                        );
                        return Step::Broken(at);
                    }
                },
            }
        }
    }

    /// Takes the object at `at`, whose bracket is `token`; says where to go on.
    fn object(
        &mut self,
        window: &Window<'_>,
        input: &Input<'_>,
        at: usize,
        token: &mut usize,
    ) -> Result<usize, Step> {
        let first = *token;
        let found = read_object(window, token, self.wanted, self.slots);
        let in_single = self.places.last() == Some(&Place::Single);
        let behind = match found {
            Ok(Found::Record) => match window.line_break_in_string(first, *token) {
                None => {
                    self.record(window, input).map_err(|()| Step::End)?;
                    Ok(self.slots.end)
                }
                Some(place) => Err(Stop::Malformed(
                    place,
                    "expected the string to end before the line",
                )),
            },
            Ok(Found::Stranger) => {
                let what = format!(
                    "expected a CloudTrail record, found `{}`",
                    excerpt(&window.text[at..])
                );
                self.bad_record(ProblemKind::NotARecord, input, at, &what);
                Ok(self.slots.end)
            }
            Ok(Found::Text(start, end)) => {
                let mut text = Vec::new();
                unescape(&window.text[start..end], &mut text);
                self.inner_text(&text, input, at, 1)
                    .map_err(|()| Step::End)?;
                Ok(window.index.tokens[*token - 1] as usize + 1)
            }
            Ok(Found::List | Found::Inner) if self.places.len() >= 2 * MAX_WRAPPERS => Err(
                Stop::Malformed(at, "expected fewer wrappers around a record"),
            ),
            Ok(found @ (Found::List | Found::Inner)) => {
                let place = window.index.tokens[*token] as usize;
                if in_single {
                    self.places.pop();
                }
                self.places.push(Place::Wrapper);
                return Ok(self.go_into(found == Found::List, place, token));
            }
            Err(stop) => Err(stop),
        };
        match behind {
            Ok(behind) => {
                if in_single {
                    self.places.pop();
                }
                Ok(behind)
            }
            Err(Stop::Incomplete) => Err(Step::Larger(at)),
            Err(stop) => {
                // Where brackets balance all the same, the next record stands behind them.
                *token = first;
                let extent = window.pass_strictly(token);
                if matches!(extent, Err(Stop::Incomplete)) && matches!(stop, Stop::TooDeep(_)) {
                    return Err(Step::Larger(at));
                }
                self.bad_stop(stop, input, at);
                match extent {
                    Ok(end) if self.can_go_on_at(window, first, at, end, *token) => {
                        if in_single {
                            self.places.pop();
                        }
                        Ok(end)
                    }
                    _ => Err(Step::Broken(at)),
                }
            }
        }
    }

    /// Whether a broken object ends where its brackets say so.
    fn can_go_on_at(
        &self,
        window: &Window<'_>,
        first: usize,
        at: usize,
        end: usize,
        token: usize,
    ) -> bool {
        window.line_break_in_string(first, token).is_none()
            && (!self.places.is_empty()
                || memchr::memmem::find(&window.text[at..end], b"\n{").is_none())
    }

    /// Enters the list or stops before the record that a wrapper holds.
    fn go_into(&mut self, is_list: bool, place: usize, token: &mut usize) -> usize {
        if is_list {
            self.seen_list = true;
            self.places.push(Place::List);
            *token += 1;
            return place + 1;
        }
        self.places.push(Place::Single);
        place
    }

    /// Goes over the members of a wrapper behind the one at `at`, up to one that holds records or to its end.
    fn rest_of_wrapper(
        &mut self,
        window: &Window<'_>,
        mut at: usize,
        token: &mut usize,
    ) -> Result<usize, Stop> {
        while window.another(token, at)? {
            let member = window.member(token)?;
            let value = member.value;
            let is_list = is_list(member.key) && value.kind == Kind::Array;
            if is_list || (is_detail(member.key) && value.kind == Kind::Object) {
                return Ok(self.go_into(is_list, value.start, token));
            }
            at = window.after(&value, token)?;
        }
        self.places.pop();
        Ok(window.index.tokens[*token - 1] as usize + 1)
    }

    /// Reads the record that stands as text in a wrapper.
    fn inner_text(
        &mut self,
        text: &[u8],
        input: &Input<'_>,
        at: usize,
        depth: usize,
    ) -> Result<(), ()> {
        let mut index = std::mem::take(self.inner_index);
        index.build(text);
        let utf8 = std::str::from_utf8(text).is_ok();
        let window = Window {
            text,
            index: &index,
            utf8,
            session_token: crate::token::may_hold_token(text),
        };
        let mut token = 0;
        let mut found = match text.trim_ascii_start().first() {
            Some(b'{') => read_object(&window, &mut token, self.wanted, self.slots),
            _ => Err(Stop::Malformed(0, "expected a record as text")),
        };
        for _ in 1..MAX_WRAPPERS {
            if found == Ok(Found::Inner) {
                found = read_object(&window, &mut token, self.wanted, self.slots);
            }
        }
        let result = match found {
            Ok(Found::Record) => self.record(&window, input),
            Ok(Found::Text(start, end)) if depth < MAX_WRAPPERS => {
                let mut inner = Vec::new();
                unescape(&text[start..end], &mut inner);
                self.inner_text(&inner, input, at, depth + 1)
            }
            Ok(_) => {
                let what = format!(
                    "expected a CloudTrail record as text, found `{}`",
                    excerpt(text)
                );
                self.bad_record(ProblemKind::NotARecord, input, at, &what);
                Ok(())
            }
            Err(Stop::Incomplete) => {
                self.bad_record(
                    ProblemKind::BadJson,
                    input,
                    at,
                    "the text ends inside a record",
                );
                Ok(())
            }
            Err(stop) => {
                self.bad_stop(stop, input, at);
                Ok(())
            }
        };
        *self.inner_index = index;
        result
    }

    fn record(&mut self, window: &Window<'_>, input: &Input<'_>) -> Result<(), ()> {
        if self.first_name.is_empty()
            && let Some([open, close]) = window
                .index
                .tokens
                .get(self.slots.first_token + 1..self.slots.first_token + 3)
        {
            self.first_name = window.text[*open as usize..=*close as usize].to_vec();
        }
        self.emit.record(window, self.slots, input)
    }

    fn bad_stop(&mut self, stop: Stop, input: &Input<'_>, at: usize) {
        match stop {
            Stop::Malformed(place, what) => {
                self.bad_record(ProblemKind::BadJson, input, place.max(at), what)
            }
            Stop::TooDeep(_) => self.bad_record(
                ProblemKind::RecordTooDeep,
                input,
                at,
                "the record is nested too deep and passed over",
            ),
            Stop::Incomplete => {}
        }
    }

    fn bad_record(&mut self, kind: ProblemKind, input: &Input<'_>, at: usize, what: &str) {
        let report: &mut FileReport = self.emit.report;
        report.bad_records += 1;
        report
            .problems
            .add(kind, || format!("line {}: {what}", input.line(at)));
    }
}

/// The start of some text for a message: one line, nothing that a terminal would obey.
fn excerpt(text: &[u8]) -> String {
    const SHOWN: usize = MAX_EXAMPLE_BYTES / 2;
    // One byte more says whether there is more; looking for the end of the line would cost a pass over the
    // window for every bad record on it.
    let line = &text[..text.len().min(SHOWN + 1)];
    let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let cut = &line[..line.len().min(SHOWN)];
    let mut shown: String = lossy(cut)
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if cut.len() < line.len() {
        shown.push('…');
    }
    shown
}
