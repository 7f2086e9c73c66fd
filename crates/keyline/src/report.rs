//! Errors and KQL diagnostics as text for a terminal, in rustc's form, and as JSON for programs.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use keyline_kql::diagnostic::{Diagnostic, Severity};
use keyline_kql::span::line_column;
use serde_json::{Value, json};

use crate::output::escape;

/// `error:`, then `caused by:` lines, then a hint where one was attached.
pub fn print_error(error: &anyhow::Error) {
    if let Some(rendered) = error.downcast_ref::<Rendered>() {
        crate::output::tell_text(&rendered.0);
        return;
    }
    tell!("error: {}", escape_lines(&error.to_string()));
    let mut last = error.to_string();
    for cause in error.chain().skip(1) {
        let text = cause.to_string();
        // Wrapped errors often repeat the text of what they wrap.
        if !last.contains(&text) {
            tell!("caused by: {}", escape_lines(&text));
        }
        last = text;
    }
}

/// Text with each line escaped by itself: errors in TOML show the place in lines of their own.
fn escape_lines(text: &str) -> String {
    let lines: Vec<String> = text.trim_end().split('\n').map(escape).collect();
    lines.join("\n")
}

/// An error whose whole text is ready to be printed (diagnostics with their source lines).
#[derive(Debug)]
pub struct Rendered(pub String);

impl std::fmt::Display for Rendered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Rendered {}

/// All diagnostics of one text, each with its lines.
pub fn render(origin: &str, source: &str, diagnostics: &[Diagnostic], color: bool) -> String {
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&render_one(origin, source, diagnostic, &renderer));
        text.push('\n');
    }
    text
}

fn render_one(origin: &str, source: &str, diagnostic: &Diagnostic, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Unsupported => Level::ERROR.with_name("unsupported"),
        Severity::Warning => Level::WARNING,
    };
    // Control characters would move the cursor, tabs would shift the marks. Each is replaced by as
    // many blanks as it has bytes, so that every offset stays.
    let hostile = |c: char| c != '\n' && escape(c.encode_utf8(&mut [0; 4])).len() > c.len_utf8();
    let mut shown = String::with_capacity(source.len());
    for c in source.chars() {
        if hostile(c) {
            shown.extend(std::iter::repeat_n(' ', c.len_utf8()));
        } else {
            shown.push(c);
        }
    }
    let range = |span: keyline_kql::span::Span| {
        let end = (span.end as usize).min(shown.len());
        (span.start as usize).min(end)..end
    };
    let mut primary = AnnotationKind::Primary.span(range(diagnostic.primary));
    if !diagnostic.label.is_empty() {
        primary = primary.label(escape(&diagnostic.label));
    }
    let mut snippet = Snippet::source(&shown).path(origin).annotation(primary);
    for (span, label) in &diagnostic.labels {
        snippet = snippet.annotation(
            AnnotationKind::Context
                .span(range(*span))
                .label(escape(label)),
        );
    }
    let message = escape(&diagnostic.message);
    let mut group = level
        .primary_title(message)
        .id(diagnostic.code)
        .element(snippet);
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(escape(help)));
    }
    renderer.render(&[group])
}

/// One diagnostic as `contracts.md` has it: 1-based line and column, byte offset and length.
pub fn diagnostic_json(source: &str, diagnostic: &Diagnostic) -> Value {
    let (line, column) = line_column(source, diagnostic.primary.start);
    json!({
        "code": diagnostic.code,
        "message": diagnostic.message,
        "line": line,
        "column": column,
        "start": diagnostic.primary.start,
        "length": diagnostic.primary.len(),
        "help": diagnostic.help,
    })
}
