//! The text of one file as a sequence of windows.
//!
//! Whoever reads asks for a window of some size at the current place, uses it, and says how much was used.
//! The text may lie in memory as a whole or come piece by piece; windows are contiguous either way.

use crate::inflate::Pieces;

pub(crate) enum Input<'a> {
    Whole {
        text: &'a [u8],
        at: usize,
    },
    Pieces {
        pieces: Pieces<'a>,
        buffer: Vec<u8>,
        start: usize,
        ended: bool,
        passed: u64,
        lines: u64,
    },
}

impl<'a> Input<'a> {
    pub(crate) fn whole(text: &'a [u8]) -> Self {
        Input::Whole { text, at: 0 }
    }

    pub(crate) fn pieces(pieces: Pieces<'a>) -> Self {
        Input::Pieces {
            pieces,
            buffer: Vec::new(),
            start: 0,
            ended: false,
            passed: 0,
            lines: 0,
        }
    }

    /// Makes at least `size` bytes available at the current place, if there are as many.
    pub(crate) fn fill(&mut self, size: usize) {
        let Input::Pieces {
            pieces,
            buffer,
            start,
            ended,
            ..
        } = self
        else {
            return;
        };
        if *ended || buffer.len() - *start >= size {
            return;
        }
        buffer.drain(..*start);
        *start = 0;
        // Some more than asked for, so that the next window rarely needs another read.
        let from = buffer.len();
        buffer.resize(size * 2, 0);
        let read = pieces.read(&mut buffer[from..]);
        *ended = from + read < buffer.len();
        buffer.truncate(from + read);
    }

    /// The next bytes, up to `size`, and whether they are the last.
    pub(crate) fn window(&self, size: usize) -> (&[u8], bool) {
        let (rest, ended) = match self {
            Input::Whole { text, at } => (&text[*at..], true),
            Input::Pieces {
                buffer,
                start,
                ended,
                ..
            } => (&buffer[*start..], *ended),
        };
        let length = size.min(rest.len());
        (&rest[..length], ended && length == rest.len())
    }

    /// Goes on by `count` bytes of the window.
    pub(crate) fn consume(&mut self, count: usize) {
        match self {
            Input::Whole { at, .. } => *at += count,
            Input::Pieces {
                buffer,
                start,
                passed,
                lines,
                ..
            } => {
                *lines +=
                    memchr::memchr_iter(b'\n', &buffer[*start..*start + count]).count() as u64;
                *start += count;
                *passed += count as u64;
            }
        }
    }

    /// How many bytes are behind.
    pub(crate) fn position(&self) -> u64 {
        match self {
            Input::Whole { at, .. } => *at as u64,
            Input::Pieces { passed, .. } => *passed,
        }
    }

    /// The line, from 1, of a place in the window.
    pub(crate) fn line(&self, offset: usize) -> u64 {
        let count = |text: &[u8]| memchr::memchr_iter(b'\n', text).count() as u64;
        match self {
            Input::Whole { text, at } => 1 + count(&text[..(at + offset).min(text.len())]),
            Input::Pieces {
                buffer,
                start,
                lines,
                ..
            } => 1 + lines + count(&buffer[*start..(start + offset).min(buffer.len())]),
        }
    }

    /// What went wrong with the bytes themselves.
    pub(crate) fn problem(&self) -> Option<&(crate::coverage::ProblemKind, String)> {
        match self {
            Input::Whole { .. } => None,
            Input::Pieces { pieces, .. } => pieces.problem.as_ref(),
        }
    }
}
