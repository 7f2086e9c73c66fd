//! The queue on disk: alerts one a line, in files that are added to at the end and go away as a
//! whole once every sink is past them.
//!
//! In: lines. Out: places in the queue, and the lines after a place. A line that was cut off when
//! the machine went down is taken back when the queue is opened: whoever added it was not told yet
//! that it was kept. Who is where in the queue is in `lane.rs`.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::Error;
use crate::limits::READ_BYTES_MAX;
use crate::private;

/// A place in the queue: before the line that begins there. `Ord` is the queue's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub(crate) struct Place {
    pub(crate) segment: u64,
    pub(crate) offset: u64,
}

pub(crate) struct Log {
    folder: PathBuf,
    /// By number; the last one is added to.
    segments: VecDeque<Segment>,
    last: File,
}

#[derive(Clone, Copy, Debug)]
struct Segment {
    number: u64,
    bytes: u64,
    lines: u64,
}

/// Lines that stand one after the other, to be read without holding the queue up.
pub(crate) struct Stretch {
    path: PathBuf,
    from: Place,
    end: u64,
}

/// One line: an alert, or what remained of one, and the place after it.
pub(crate) struct Queued {
    pub(crate) alert: Result<Value, String>,
    pub(crate) after: Place,
}

impl Log {
    /// Opens the queue of a folder, and says how many bytes of a line that was cut off it took back.
    pub(crate) fn open(folder: &Path) -> Result<(Log, u64), Error> {
        let cannot = |error| Error::io("open the queue in", folder, &error);
        let mut segments = segments(folder).map_err(cannot)?;
        let mut mended = 0;
        if let Some(last) = segments.back_mut() {
            let path = path(folder, last.number);
            let whole = whole_lines(&path).map_err(cannot)?;
            if whole.bytes < last.bytes {
                mended = last.bytes - whole.bytes;
                let file = private::append(&path).map_err(cannot)?;
                file.set_len(whole.bytes).map_err(cannot)?;
                file.sync_all().map_err(cannot)?;
            }
            (last.bytes, last.lines) = (whole.bytes, whole.lines);
        }
        if segments.is_empty() {
            segments.push_back(Segment {
                number: 1,
                bytes: 0,
                lines: 0,
            });
        }
        let number = segments.back().map_or(1, |last| last.number);
        let last = private::append(&path(folder, number)).map_err(cannot)?;
        private::sync_folder(folder).map_err(cannot)?;
        let folder = folder.to_owned();
        Ok((
            Log {
                folder,
                segments,
                last,
            },
            mended,
        ))
    }

    /// The place after everything.
    pub(crate) fn end(&self) -> Place {
        let last = self.tail();
        Place {
            segment: last.number,
            offset: last.bytes,
        }
    }

    /// The first place that is still there.
    pub(crate) fn begin(&self) -> Place {
        let segment = self.segments.front().map_or(1, |first| first.number);
        Place { segment, offset: 0 }
    }

    /// The bytes of all lines that are there.
    pub(crate) fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    /// Adds whole lines; they are on disk when this returns. A file that has `segment_bytes_max`
    /// already is not added to.
    pub(crate) fn add(
        &mut self,
        text: &str,
        lines: u64,
        segment_bytes_max: u64,
    ) -> Result<(), Error> {
        let tail = self.tail();
        if tail.bytes > 0 && tail.bytes + text.len() as u64 > segment_bytes_max {
            self.begin_segment(tail.number + 1)
                .map_err(|error| Error::io("add to the queue in", &self.folder, &error))?;
        }
        self.write(text)
            .map_err(|error| Error::io("add to the queue in", &self.folder, &error))?;
        if let Some(tail) = self.segments.back_mut() {
            tail.bytes += text.len() as u64;
            tail.lines += lines;
        }
        Ok(())
    }

    fn begin_segment(&mut self, number: u64) -> io::Result<()> {
        self.last = private::append(&path(&self.folder, number))?;
        // Left over from an attempt whose next step failed.
        self.last.set_len(0)?;
        private::sync_folder(&self.folder)?;
        self.segments.push_back(Segment {
            number,
            bytes: 0,
            lines: 0,
        });
        Ok(())
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        let whole = self.tail().bytes;
        // What an attempt that failed has left behind.
        if self.last.metadata()?.len() != whole {
            self.last.set_len(whole)?;
        }
        let written = self.last.write_all(text.as_bytes());
        let written = written.and_then(|()| self.last.sync_data());
        if written.is_err() {
            let _ = self.last.set_len(whole);
        }
        written
    }

    /// The same place, or where the queue goes on if that is gone or at the end of a file.
    pub(crate) fn settle(&self, place: Place) -> Place {
        let mut settled = place;
        for segment in &self.segments {
            let is_last = segment.number == self.tail().number;
            if segment.number < settled.segment {
                continue;
            }
            if segment.number > settled.segment {
                settled = Place {
                    segment: segment.number,
                    offset: 0,
                };
            }
            if settled.offset < segment.bytes || is_last {
                settled.offset = settled.offset.min(segment.bytes);
                return settled;
            }
        }
        self.end()
    }

    /// What stands after a place, up to the end of its file.
    pub(crate) fn after(&self, place: Place) -> Option<Stretch> {
        let from = self.settle(place);
        let segment = self.segments.iter().find(|s| s.number == from.segment)?;
        (from.offset < segment.bytes).then(|| Stretch {
            path: path(&self.folder, from.segment),
            from,
            end: segment.bytes,
        })
    }

    /// The lines after a place.
    pub(crate) fn count_after(&self, place: Place) -> Result<u64, Error> {
        let place = self.settle(place);
        let mut count = 0;
        for segment in &self.segments {
            if segment.number > place.segment
                || (segment.number == place.segment && place.offset == 0)
            {
                count += segment.lines;
            } else if segment.number == place.segment {
                count += self.lines_in(place.segment, place.offset)?;
            }
        }
        Ok(count)
    }

    fn lines_in(&self, number: u64, offset: u64) -> Result<u64, Error> {
        let path = path(&self.folder, number);
        count_lines(&path, offset).map_err(|error| Error::io("read", &path, &error))
    }

    /// Takes the oldest file away, if it is not the one that is added to, and returns the place
    /// where the queue begins then.
    pub(crate) fn drop_oldest(&mut self) -> Result<Option<Place>, Error> {
        if self.segments.len() < 2 {
            return Ok(None);
        }
        let Some(first) = self.segments.front() else {
            return Ok(None);
        };
        let path = path(&self.folder, first.number);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::io("remove", &path, &error))
            }
            _ => {
                self.segments.pop_front();
                Ok(Some(self.begin()))
            }
        }
    }

    /// Takes away the files that lie before a place.
    pub(crate) fn forget_before(&mut self, place: Place) -> Result<(), Error> {
        while self.begin().segment < place.segment {
            if self.drop_oldest()?.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// The alerts in the file that is added to.
    pub(crate) fn latest(&self) -> Result<Vec<Value>, Error> {
        let number = self.tail().number;
        let path = path(&self.folder, number);
        let text = fs::read(&path).map_err(|error| Error::io("read", &path, &error))?;
        let lines = text.split(|byte| *byte == b'\n');
        Ok(lines
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect())
    }

    fn tail(&self) -> Segment {
        *self
            .segments
            .back()
            .expect("`open` puts one there and the last is never removed")
    }
}

impl Stretch {
    /// At most so many alerts, and no more bytes than are read at once, but one alert at least.
    pub(crate) fn read(&self, count_max: usize) -> io::Result<Vec<Queued>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.from.offset))?;
        let length = (self.end - self.from.offset).min(READ_BYTES_MAX);
        let mut text = Vec::new();
        file.take(length).read_to_end(&mut text)?;
        let mut queued = Vec::new();
        let mut offset = self.from.offset;
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            if queued.len() == count_max || line.last() != Some(&b'\n') {
                break;
            }
            offset += line.len() as u64;
            queued.push(Queued {
                alert: serde_json::from_slice(line)
                    .map_err(|_| String::from_utf8_lossy(line).into_owned()),
                after: Place {
                    segment: self.from.segment,
                    offset,
                },
            });
        }
        Ok(queued)
    }
}

/// The lines after a place, in a queue that another process may have open.
pub(crate) fn look_after(folder: &Path, place: Place) -> io::Result<u64> {
    let mut count = 0;
    for segment in segments(folder)? {
        if segment.number > place.segment {
            count += segment.lines;
        } else if segment.number == place.segment {
            count += count_lines(&path(folder, segment.number), place.offset)?;
        }
    }
    Ok(count)
}

fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("queue-{number:012}.jsonl"))
}

/// The files of a queue by number, with their sizes.
fn segments(folder: &Path) -> io::Result<VecDeque<Segment>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number: Option<u64> = name.to_str().and_then(|name| {
            let digits = name.strip_prefix("queue-")?.strip_suffix(".jsonl")?;
            digits.parse().ok()
        });
        numbers.extend(number);
    }
    numbers.sort_unstable();
    let segment = |number| {
        let path = path(folder, number);
        Ok(Segment {
            number,
            bytes: fs::metadata(&path)?.len(),
            lines: count_lines(&path, 0)?,
        })
    };
    numbers.into_iter().map(segment).collect()
}

fn count_lines(path: &Path, offset: u64) -> io::Result<u64> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut block = [0; 64 << 10];
    let mut lines = 0;
    loop {
        match file.read(&mut block)? {
            0 => return Ok(lines),
            read => lines += block[..read].iter().filter(|byte| **byte == b'\n').count() as u64,
        }
    }
}

struct Whole {
    bytes: u64,
    lines: u64,
}

/// The part of a file up to the end of its last line that is JSON: after a crash the end may lack,
/// or be zeros.
fn whole_lines(path: &Path) -> io::Result<Whole> {
    let text = fs::read(path)?;
    let mut whole = Whole { bytes: 0, lines: 0 };
    let (mut bytes, mut lines) = (0, 0);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        bytes += line.len() as u64;
        lines += 1;
        let is_whole = line.ends_with(b"\n") && serde_json::from_slice::<Value>(line).is_ok();
        if is_whole {
            whole = Whole { bytes, lines };
        }
    }
    Ok(whole)
}
