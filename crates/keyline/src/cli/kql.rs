//! `keyline kql`: check, format and explain queries without any logs.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use keyline_detect::load::{self, Loaded};
use keyline_detect::query_text::QueryText;
use keyline_engine::{Engine, EngineOptions, Evaluation, NoReferences};
use keyline_kql::check::CheckOptions;
use keyline_kql::diagnostic::{Diagnostic, Severity};
use keyline_kql::functions;
use keyline_kql::schema::Schema;
use keyline_kql::span::Span;
use serde_json::{Value, json};

use super::{Context, Status};
use crate::data::empty_catalog;
use crate::output::{Format, escape, write_grid};
use crate::report::{Rendered, diagnostic_json, render};

#[derive(Subcommand)]
pub enum KqlCommand {
    /// Check queries, as KQL text or in rules: are they right, and what columns do they give
    Check(CheckArgs),
    /// Format queries: print them, or rewrite the files
    Format(FormatArgs),
    /// List the functions and aggregates, or explain one
    Functions(FunctionsArgs),
    /// Show the plan that a query becomes
    Plan(PlanArgs),
}

#[derive(Args)]
pub struct CheckArgs {
    /// KQL text, or Sentinel rules in YAML
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[arg(short, long, value_enum, default_value = "table")]
    output: Format,
}

#[derive(Args)]
pub struct FormatArgs {
    /// KQL text, or Sentinel rules in YAML, whose queries are printed
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Rewrite the files of KQL text instead of printing
    #[arg(long, conflicts_with = "check")]
    write: bool,
    /// Print nothing; exit 1 if a file is not formatted
    #[arg(long)]
    check: bool,
}

#[derive(Args)]
pub struct FunctionsArgs {
    /// The function to explain
    name: Option<String>,
    /// Name those, too, that Keyline cannot run yet
    #[arg(long)]
    all: bool,
}

#[derive(Args)]
pub struct PlanArgs {
    /// KQL text, or Sentinel rules in YAML
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub fn run(command: KqlCommand, context: Context) -> Result<Status> {
    match command {
        KqlCommand::Check(args) => check(&args, &context),
        KqlCommand::Format(args) => format(&args, &context),
        KqlCommand::Functions(args) => list_functions(&args),
        KqlCommand::Plan(args) => plan(&args, &context),
    }
}

/// A query and where it stands, whatever kind of file it came from.
struct Source {
    file: String,
    rule_id: Option<String>,
    /// The whole file.
    text: String,
    /// The query in it; `None` where it is all there is.
    query: Option<QueryText>,
}

impl Source {
    fn query_text(&self) -> &str {
        self.query.as_ref().map_or(&self.text, |query| &query.text)
    }

    /// A diagnostic of the query as one of the file.
    fn in_file(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        let Some(query) = &self.query else {
            return diagnostic;
        };
        let offset = |offset: u32| {
            let place = query.position(offset as usize);
            let lines = self.text.split_inclusive('\n').take(place.line - 1);
            let start: usize = lines.map(str::len).sum();
            let before = self.text[start..].chars().take(place.column - 1);
            start + before.map(char::len_utf8).sum::<usize>()
        };
        // What ends a span in the file stands right behind its last character, whatever follows there.
        let span = |span: Span| {
            let text = query.text.get(span.start as usize..span.end as usize);
            let start = offset(span.start);
            match text.and_then(|text| text.chars().next_back()) {
                Some(last) => {
                    let length = last.len_utf8();
                    Span::new(start, offset(span.end - length as u32) + length)
                }
                None => Span::new(start, start),
            }
        };
        diagnostic.primary = span(diagnostic.primary);
        for (place, _) in &mut diagnostic.labels {
            *place = span(*place);
        }
        diagnostic
    }
}

fn check(args: &CheckArgs, context: &Context) -> Result<Status> {
    let schema = empty_catalog()?;
    let mut answers = Vec::new();
    let mut wrong = false;
    for path in &args.files {
        let (sources, problems) = sources(path)?;
        for problem in problems {
            wrong = true;
            tell!("{}", escape(&problem));
        }
        for source in sources {
            let (columns, diagnostics) = check_text(source.query_text(), &schema);
            let diagnostics: Vec<Diagnostic> = diagnostics
                .into_iter()
                .map(|diagnostic| source.in_file(diagnostic))
                .collect();
            let refused = diagnostics.iter().any(|d| d.severity == Severity::Error);
            wrong |= refused;
            if args.output == Format::Json {
                answers.push(answer(&source, columns, &diagnostics));
                continue;
            }
            crate::output::tell_text(render(
                &source.file,
                &source.text,
                &diagnostics,
                context.printer.color,
            ));
            let outcome = match columns {
                Some(columns) => format!("ok, {} columns", columns.len()),
                None if refused => "refused".to_owned(),
                None => "unsupported".to_owned(),
            };
            writeln!(std::io::stdout(), "{}: {outcome}", escape(&source.file))?;
        }
    }
    if args.output == Format::Json {
        writeln!(
            std::io::stdout(),
            "{}",
            serde_json::to_string_pretty(&answers)?
        )?;
    }
    Ok(if wrong { Status::Failed } else { Status::Done })
}

type Columns = Vec<keyline_kql::schema::Column>;

fn check_text(text: &str, schema: &dyn Schema) -> (Option<Columns>, Vec<Diagnostic>) {
    let (query, mut diagnostics) = keyline_kql::parse::parse(text);
    if diagnostics.iter().any(|d| d.severity != Severity::Warning) {
        return (None, diagnostics);
    }
    let (checked, more) = keyline_kql::check::check(&query, schema, &CheckOptions::default());
    diagnostics.extend(more);
    (
        checked.map(|checked| checked.root.columns.clone()),
        diagnostics,
    )
}

fn answer(source: &Source, columns: Option<Columns>, diagnostics: &[Diagnostic]) -> Value {
    let of = |severity: Severity| -> Vec<Value> {
        diagnostics
            .iter()
            .filter(|d| d.severity == severity)
            .map(|d| diagnostic_json(&source.text, d))
            .collect()
    };
    json!({
        "file": source.file,
        "rule_id": source.rule_id,
        "errors": of(Severity::Error),
        "unsupported": of(Severity::Unsupported),
        "columns": columns.unwrap_or_default().iter().map(|column| {
            json!({"name": column.name, "type": column.ty.name()})
        }).collect::<Vec<_>>(),
    })
}

/// The queries of a file: one of KQL text, those of its rules in YAML.
fn sources(path: &Path) -> Result<(Vec<Source>, Vec<String>)> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{file}`"))?;
    if !is_yaml(path) {
        return Ok((
            vec![Source {
                file,
                rule_id: None,
                text,
                query: None,
            }],
            Vec::new(),
        ));
    }
    let Loaded {
        rules,
        unusable,
        problems,
        ..
    } = load::load(&[path]);
    let sources = rules
        .into_iter()
        .chain(unusable)
        .map(|rule| Source {
            file: file.clone(),
            rule_id: Some(rule.id.clone()),
            text: text.clone(),
            query: Some(rule.query.clone()),
        })
        .collect();
    let problems = problems
        .iter()
        .filter(|problem| problem.is_fatal())
        .map(ToString::to_string)
        .collect();
    Ok((sources, problems))
}

fn format(args: &FormatArgs, context: &Context) -> Result<Status> {
    let mut unformatted = false;
    for path in &args.files {
        if is_yaml(path) {
            unformatted |= format_rules(path, args, context)?;
            continue;
        }
        let file = path.display().to_string();
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read `{file}`"))?;
        let formatted = formatted(&file, &text, context)?;
        if args.check {
            if formatted != text {
                unformatted = true;
                context.printer.note(&format!("{file}: not formatted"));
            }
        } else if args.write {
            if formatted != text {
                std::fs::write(path, &formatted)
                    .with_context(|| format!("cannot write `{file}`"))?;
            }
        } else {
            std::io::stdout().write_all(formatted.as_bytes())?;
        }
    }
    Ok(if unformatted {
        Status::Failed
    } else {
        Status::Done
    })
}

fn formatted(file: &str, text: &str, context: &Context) -> Result<String> {
    keyline_kql::format::format(text).map_err(|diagnostics| {
        Rendered(render(file, text, &diagnostics, context.printer.color)).into()
    })
}

/// The queries of a file of rules, printed or compared; the file itself, with its comments and
/// indentation, is its author's. Whether one was not formatted.
fn format_rules(path: &Path, args: &FormatArgs, context: &Context) -> Result<bool> {
    if args.write {
        anyhow::bail!(
            "`{}` is YAML, and only KQL text is rewritten; without `--write` its queries are printed",
            path.display()
        );
    }
    let mut unformatted = false;
    for (at, source) in readable(path)?.into_iter().enumerate() {
        let query = source.query_text().to_owned();
        let formatted = formatted(&source.file, &query, context)?;
        if args.check {
            if formatted.trim_end() != query.trim_end() {
                unformatted = true;
                let id = source.rule_id.as_deref().unwrap_or_default();
                context
                    .printer
                    .note(&format!("{}: {}: not formatted", source.file, escape(id)));
            }
            continue;
        }
        let gap = if at > 0 { "\n" } else { "" };
        writeln!(std::io::stdout(), "{gap}{}", formatted.trim_end())?;
    }
    Ok(unformatted)
}

/// The queries of a file, if all of it can be read.
fn readable(path: &Path) -> Result<Vec<Source>> {
    let (sources, problems) = sources(path)?;
    match problems.first() {
        Some(problem) => anyhow::bail!("{}", escape(problem)),
        None if sources.is_empty() => anyhow::bail!("`{}` holds no rule", path.display()),
        None => Ok(sources),
    }
}

fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "yaml" || extension == "yml")
}

fn list_functions(args: &FunctionsArgs) -> Result<Status> {
    let mut stdout = std::io::stdout().lock();
    if let Some(name) = &args.name {
        write_function(&mut stdout, name)?;
        return Ok(Status::Done);
    }
    let rows: Vec<Vec<String>> = [
        ("scalar", functions::scalars()),
        ("aggregate", functions::aggregates()),
    ]
    .into_iter()
    .flat_map(|(kind, all)| all.into_iter().map(move |function| (kind, function)))
    .filter(|(_, function)| args.all || function.implemented)
    .map(|(kind, function)| {
        let doc = if function.name == function.canonical {
            function.doc.to_owned()
        } else {
            format!("another name of {}", function.canonical)
        };
        vec![function.name.to_owned(), kind.to_owned(), doc]
    })
    .collect();
    let columns = ["function", "kind", "what it does"].map(str::to_owned);
    write_grid(&mut stdout, Format::Table, &columns, &rows)?;
    Ok(Status::Done)
}

/// The page of one function: signature, text and examples.
fn write_function(out: &mut impl Write, name: &str) -> Result<()> {
    let found: Vec<_> = functions::scalar(name)
        .into_iter()
        .chain(functions::aggregate(name))
        .collect();
    if found.is_empty() {
        anyhow::bail!("there is no function `{name}`; `keyline kql functions --all` names all");
    }
    for function in found {
        for overload in &function.overloads {
            writeln!(out, "{overload}")?;
        }
        if function.name != function.canonical {
            writeln!(out, "  another name of `{}`", function.canonical)?;
        }
        if !function.doc.is_empty() {
            writeln!(out, "  {}", function.doc)?;
        }
        if !function.implemented {
            writeln!(out, "  Keyline cannot run it yet")?;
        }
        write_examples(out, function.canonical)?;
    }
    Ok(())
}

/// What the function yields, as queries that `keyline query` runs.
fn write_examples(out: &mut impl Write, name: &str) -> Result<()> {
    for (expression, value) in keyline_engine::functions::find(name)
        .map(|function| function.examples)
        .unwrap_or_default()
    {
        writeln!(out, "\n  print {expression}\n    {value}")?;
    }
    for (query, value) in functions::examples(name) {
        writeln!(out, "\n  {query}\n    {value}")?;
    }
    Ok(())
}

fn plan(args: &PlanArgs, context: &Context) -> Result<Status> {
    let engine = Engine::new(
        &EngineOptions::for_this_machine(),
        empty_catalog()?,
        Arc::new(NoReferences),
    )?;
    let catalog = empty_catalog()?;
    for (at, source) in readable(&args.file)?.into_iter().enumerate() {
        let (query, mut diagnostics) = keyline_kql::parse::parse(source.query_text());
        let options = CheckOptions::default();
        let (checked, more) = keyline_kql::check::check(&query, &catalog, &options);
        diagnostics.extend(more);
        let Some(checked) = checked else {
            let diagnostics: Vec<Diagnostic> = diagnostics
                .into_iter()
                .map(|found| source.in_file(found))
                .collect();
            let (file, text) = (&source.file, &source.text);
            return Err(Rendered(render(file, text, &diagnostics, context.printer.color)).into());
        };
        let now = Evaluation::at(crate::units::wall_clock_ticks());
        let plan = engine.plan(&checked, &now)?;
        let gap = if at > 0 { "\n" } else { "" };
        writeln!(std::io::stdout(), "{gap}{}", plan.display_indent())?;
    }
    Ok(Status::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// That the examples hold is for the engine's tests to say.
    #[test]
    fn every_supported_function_has_a_page_with_signature_text_and_example() {
        let all = functions::scalars()
            .into_iter()
            .chain(functions::aggregates());
        for function in all.filter(|function| function.implemented) {
            let mut page = Vec::new();
            write_function(&mut page, function.name).expect("the function is known");
            let page = String::from_utf8(page).expect("pages are text");
            let signature = format!("{}(", function.name);
            assert!(page.starts_with(&signature), "no signature: {page}");
            assert!(!function.doc.is_empty(), "no text: {page}");
            assert!(page.contains("\n\n  "), "no example: {page}");
        }
    }
}
