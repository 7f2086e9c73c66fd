//! How results reach people and programs: formats, escaping, progress, interruption.
//!
//! Results go to stdout, everything else to stderr. Text that comes from logs is escaped before a
//! terminal or a spreadsheet sees it.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use clap::ValueEnum;
use comfy_table::{ContentArrangement, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};

/// A line on stderr, written like `eprintln!`. Whoever reads it may have gone away, which is no reason to end.
macro_rules! tell {
    ($($text:tt)*) => { $crate::output::tell_text(format_args!("{}\n", format_args!($($text)*))) };
}

/// A line on stdout in the middle of work that goes on without a reader; like `println!`.
macro_rules! say {
    ($($text:tt)*) => { $crate::output::say_text(format_args!("{}\n", format_args!($($text)*))) };
}

/// Text on stderr as it is.
pub fn tell_text(text: impl fmt::Display) {
    let _ = write!(io::stderr().lock(), "{text}");
}

/// The same on stdout.
pub fn say_text(text: impl fmt::Display) {
    let _ = write!(io::stdout().lock(), "{text}");
}

/// The exit code of an interrupted run.
const INTERRUPTED: i32 = 130;
/// The width that tables are cut to when stdout is no terminal.
const DEFAULT_WIDTH: u16 = 100;
/// The longest text shown in one cell of a table on a terminal, in characters.
const CELL_CHARACTERS_MAX: usize = 400;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Json,
    Jsonl,
    Csv,
    Markdown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    Auto,
    Always,
    Never,
}

/// Decides once what is shown besides results; commands never ask about flags.
#[derive(Clone, Copy, Debug)]
pub struct Printer {
    pub quiet: bool,
    pub verbose: bool,
    pub color: bool,
    pub progress: bool,
}

impl Printer {
    pub fn new(quiet: bool, verbose: bool, no_progress: bool, color: ColorChoice) -> Printer {
        let terminal = io::stderr().is_terminal();
        let color = match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
            }
        };
        Printer {
            quiet,
            verbose,
            color,
            progress: terminal && !quiet && !no_progress,
        }
    }

    /// A line on stderr that `-q` silences.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            tell!("{text}");
        }
    }

    /// A line on stderr that only `-v` shows.
    pub fn detail(&self, text: &str) {
        if self.verbose {
            tell!("{text}");
        }
    }

    /// A bar over `total` units; invisible when progress is off.
    pub fn bar(&self, total: u64, template: &str) -> ProgressBar {
        if !self.progress {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(total);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        bar
    }

    pub fn paint(&self, style: Style, text: &str) -> String {
        if !self.color {
            return text.to_owned();
        }
        let code = match style {
            Style::Bold => "1",
            Style::Dim => "2",
            Style::Red => "1;31",
            Style::Yellow => "33",
            Style::Blue => "36",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

#[derive(Clone, Copy, Debug)]
pub enum Style {
    Bold,
    Dim,
    Red,
    Yellow,
    Blue,
}

/// Cells as text under their column names, for the three formats that people read.
pub fn write_grid(
    out: &mut dyn Write,
    format: Format,
    columns: &[String],
    rows: &[Vec<String>],
) -> io::Result<()> {
    match format {
        Format::Markdown => {
            let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
            writeln!(
                out,
                "{}",
                line(columns.iter().map(|name| markdown_cell(name)).collect())
            )?;
            writeln!(
                out,
                "{}",
                line(columns.iter().map(|_| "---".to_owned()).collect())
            )?;
            for row in rows {
                writeln!(
                    out,
                    "{}",
                    line(row.iter().map(|cell| markdown_cell(cell)).collect())
                )?;
            }
            Ok(())
        }
        Format::Csv => {
            let mut writer = csv::Writer::from_writer(out);
            writer
                .write_record(columns.iter().map(|name| csv_cell(name)))
                .map_err(io::Error::other)?;
            for row in rows {
                writer
                    .write_record(row.iter().map(|cell| csv_cell(cell)))
                    .map_err(io::Error::other)?;
            }
            writer.flush()
        }
        _ => {
            let mut table = Table::new();
            table
                .load_preset(presets::NOTHING)
                .set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(width());
            table.set_header(columns.iter().map(|name| escape(name)));
            for row in rows {
                table.add_row(row.iter().map(|cell| shorten(&escape(cell))));
            }
            writeln!(out, "{}", trim_line_ends(&table.to_string()))
        }
    }
}

/// Rows of many columns: each as lines of `name  value`, empty cells left out.
pub fn write_records(
    out: &mut dyn Write,
    columns: &[String],
    rows: &[Vec<String>],
) -> io::Result<()> {
    let longest = columns
        .iter()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or_default();
    for (number, row) in rows.iter().enumerate() {
        writeln!(out, "── {}", number + 1)?;
        for (name, cell) in columns.iter().zip(row).filter(|(_, cell)| !cell.is_empty()) {
            writeln!(out, "{:longest$}  {}", escape(name), shorten(&escape(cell)))?;
        }
    }
    Ok(())
}

/// The columns that a terminal shows, or [`DEFAULT_WIDTH`] when stdout is none.
pub fn width() -> u16 {
    if !io::stdout().is_terminal() {
        return DEFAULT_WIDTH;
    }
    terminal_size::terminal_size().map_or(DEFAULT_WIDTH, |(width, _)| width.0.max(40))
}

/// Makes control characters, and those that reorder text, visible: a user agent must not be able to
/// move the cursor of the analyst who reads it.
pub fn escape(text: &str) -> String {
    if !text.contains(is_hostile) {
        return text.to_owned();
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            c if is_hostile(c) => safe.extend(c.escape_unicode()),
            c => safe.push(c),
        }
    }
    safe
}

/// Whether a character moves a terminal's cursor, turns the direction of text or takes no room.
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn markdown_cell(text: &str) -> String {
    escape(text)
        .replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('<', "&lt;")
        .replace('`', "\\`")
}

/// A cell that a spreadsheet would take for a formula gets an apostrophe before it.
fn csv_cell(text: &str) -> String {
    let is_number = text.parse::<f64>().is_ok();
    if !is_number && text.trim_start().starts_with(['=', '+', '-', '@']) {
        return csv_text(&format!("'{text}"));
    }
    csv_text(text)
}

/// A program gets the text as it is; a person who looks at it in a terminal must come to no harm.
fn csv_text(text: &str) -> String {
    match io::stdout().is_terminal() {
        true => escape(text),
        false => text.to_owned(),
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(CELL_CHARACTERS_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

fn trim_line_ends(text: &str) -> String {
    text.lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
}

/// How a command ends in order.
type Ending = Box<dyn FnOnce() + Send>;

static ENDING: Mutex<Option<Ending>> = Mutex::new(None);

fn ending() -> MutexGuard<'static, Option<Ending>> {
    ENDING.lock().unwrap_or_else(|held| held.into_inner())
}

/// Says what is done the first time that somebody asks for an end: what is begun is finished. The second time ends
/// the process at once.
#[cfg(feature = "lake")]
pub fn end_in_order(work: impl FnOnce() + Send + 'static) {
    *ending() = Some(Box::new(work));
}

/// Ctrl-C ends the run with the documented exit code, and so do a request to terminate and a closed terminal.
pub fn end_on_interrupt() {
    // A second handler cannot be there: this is the first thing that `main` does.
    let _ = ctrlc::set_handler(|| {
        if let Some(ending) = ending().take() {
            ending();
            return;
        }
        crate::scratch::end_at_once();
        tell!("interrupted");
        std::process::exit(INTERRUPTED);
    });
}

/// Whether the reader of our output went away, which is no failure of ours.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
            || cause
                .downcast_ref::<serde_json::Error>()
                .is_some_and(|e| e.io_error_kind() == Some(io::ErrorKind::BrokenPipe))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(format: Format, cell: &str) -> String {
        let mut out = Vec::new();
        write_grid(
            &mut out,
            format,
            &["UserAgent".into()],
            &[vec![cell.into()]],
        )
        .unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn escapes_reach_no_terminal() {
        let table = grid(Format::Table, "aws-cli\u{1b}[2J\u{202e}\u{7}");
        assert!(
            !table.contains('\u{1b}') && !table.contains('\u{202e}'),
            "{table:?}"
        );
        assert!(table.contains("\\u{1b}[2J"), "{table:?}");
    }

    #[test]
    fn formulas_reach_no_spreadsheet() {
        assert_eq!(
            grid(Format::Csv, "=cmd|' /C calc'!A0"),
            "UserAgent\n'=cmd|' /C calc'!A0\n"
        );
        assert_eq!(grid(Format::Csv, "-12"), "UserAgent\n-12\n");
        assert_eq!(grid(Format::Csv, "a,\"b\""), "UserAgent\n\"a,\"\"b\"\"\"\n");
    }

    #[test]
    fn markdown_keeps_its_table() {
        assert_eq!(
            grid(Format::Markdown, "a|b\n"),
            "| UserAgent |\n| --- |\n| a\\|b\\\\n |\n"
        );
    }
}
