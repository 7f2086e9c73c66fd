//! The tabular operators: which words begin one, and a file for each or for each family.
//!
//! Every function here is called behind its keyword, appends the operator's parameters to
//! `parameters`, and leaves off where its text ends.

mod filter;
mod project;
mod summarize;
mod distinct;
mod sort;
mod take;
mod top;
mod count;
mod join;
mod union;
mod find;
mod search;
mod mv;
mod parse;
mod parse_kv;
mod make_series;
mod scan;
mod partition;
mod sample;
mod serialize;
mod evaluate;
mod render;
mod reduce;
mod fork;
mod facet;
mod print;
mod range;
mod misc;
mod graph;
mod macro_expand;

use super::cursor::error;
use super::{Parsed, Parser, Reported};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::functions;
use crate::habits;
use crate::lexer::TokenKind;
use crate::limits::DIAGNOSTICS_MAX;
use crate::span::Span;
use crate::syntax::{Name, Operator, OperatorKind, Parameter};

/// Reads an operator behind its keyword.
type Read = fn(&mut Parser<'_>, &mut Vec<Parameter>) -> Parsed<OperatorKind>;

/// Every word that begins an operator, and what reads the rest of it.
const OPERATORS: &[(&str, Read)] = &[
    ("where", filter::filter),
    ("filter", filter::filter),
    ("project", project::project),
    ("extend", project::extend),
    ("project-away", project::project_away),
    ("project-keep", project::project_keep),
    ("project-rename", project::project_rename),
    ("project-reorder", project::project_reorder),
    ("summarize", summarize::summarize),
    ("distinct", distinct::distinct),
    ("sort", sort::sort),
    ("order", sort::sort),
    ("take", take::take),
    ("limit", take::take),
    ("top", top::top),
    ("top-nested", top::top_nested),
    ("top-hitters", top::top_hitters),
    ("count", count::count),
    ("join", join::join),
    ("lookup", join::lookup),
    ("union", union::union),
    ("find", find::find),
    ("search", search::search),
    ("mv-expand", mv::mv_expand),
    ("mvexpand", mv::mv_expand),
    ("mv-apply", mv::mv_apply),
    ("mvapply", mv::mv_apply),
    ("parse", parse::parse),
    ("parse-where", parse::parse_where),
    ("parse-kv", parse_kv::parse_kv),
    ("make-series", make_series::make_series),
    ("scan", scan::scan),
    ("partition", partition::partition),
    ("sample", sample::sample),
    ("sample-distinct", sample::sample_distinct),
    ("serialize", serialize::serialize),
    ("evaluate", evaluate::evaluate),
    ("invoke", evaluate::invoke),
    ("render", render::render),
    ("as", misc::as_name),
    ("consume", misc::consume),
    ("getschema", misc::get_schema),
    ("assert-schema", misc::assert_schema),
    ("reduce", reduce::reduce),
    ("fork", fork::fork),
    ("facet", facet::facet),
    ("print", print::print),
    ("range", range::range),
    ("make-graph", graph::make_graph),
    ("graph-match", graph::graph_match),
    ("graph-shortest-paths", graph::graph_shortest_paths),
    ("graph-to-table", graph::graph_to_table),
    ("graph-mark-components", graph::graph_mark_components),
    ("graph-where-nodes", graph::graph_where_nodes),
    ("graph-where-edges", graph::graph_where_edges),
    ("macro-expand", macro_expand::macro_expand),
    ("__partitionby", misc::other),
    ("execute-and-cache", misc::other),
    ("project-by-names", project::project_by_names),
    ("graph-merge", misc::other),
    ("inline_external_table", misc::other),
];

/// The words that begin an operator.
pub const OPERATOR_NAMES: &[&str] = &names();

const fn names() -> [&'static str; OPERATORS.len()] {
    let mut names = [""; OPERATORS.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = OPERATORS[at].0;
        at += 1;
    }
    names
}

impl Parser<'_> {
    /// An operator, without the `|`.
    pub(super) fn operator(&mut self) -> Parsed<Operator> {
        self.nested(Self::operator_unlimited)
    }

    fn operator_unlimited(&mut self) -> Parsed<Operator> {
        let start = self.span();
        let (keyword, length, read) = self.operator_keyword()?;
        for _ in 0..length {
            self.bump();
        }
        let mut parameters = Vec::new();
        let kind = read(self, &mut parameters)?;
        Ok(Operator {
            kind,
            keyword,
            parameters,
            broken: false,
            span: self.since(start),
        })
    }

    /// The operator's name here, which may be made of words glued by `-`; how many tokens it has.
    fn operator_keyword(&mut self) -> Parsed<(Name, usize, Read)> {
        if self.at_kind(TokenKind::Pipe) {
            let help = "operators are joined by one `|`, conditions by `or`";
            return Err(self.expected_with("an operator", help));
        }
        if !self.at_kind(TokenKind::Word) {
            return Err(self.expected("an operator"));
        }
        let start = self.span();
        let mut length = self.glued_word_length();
        let whole = Span {
            start: start.start,
            end: self.ahead(length - 1).span.end,
        };
        loop {
            let span = Span {
                start: start.start,
                end: self.ahead(length - 1).span.end,
            };
            let text = self.text(span);
            // `project -a` has a sign, but `project-awya` is no `project`.
            let known = OPERATORS.iter().find(|(name, _)| *name == text);
            if let Some((_, read)) = known.filter(|_| span == whole || !self.misspelt(whole)) {
                return Ok((Name::new(text, span), length, *read));
            }
            if length == 1 || known.is_some() {
                return Err(self.unknown_operator(whole));
            }
            length -= 2;
        }
    }

    /// Whether the name of an operator stands here that is no difference of columns only because it is
    /// one: `top-hitters`.
    pub(in crate::parse) fn at_hyphened_operator(&self) -> bool {
        self.ahead(1).kind == TokenKind::Minus && {
            let text = self.text(self.glued_word());
            text.contains('-') && OPERATOR_NAMES.contains(&text)
        }
    }

    pub(in crate::parse) fn glued_word(&self) -> Span {
        Span {
            start: self.span().start,
            end: self.ahead(self.glued_word_length() - 1).span.end,
        }
    }

    fn misspelt(&self, span: Span) -> bool {
        self.similar_operator(span)
            .is_some_and(|name| name.contains('-'))
    }

    /// The tokens of `a-b-c`.
    fn glued_word_length(&self) -> usize {
        let mut length = 1;
        while self.ahead(length).kind == TokenKind::Minus
            && self.glued(length)
            && self.ahead(length + 1).kind == TokenKind::Word
            && self.glued(length + 1)
            // The longest name has three words.
            && length < 7
        {
            length += 2;
        }
        length
    }

    /// The operator whose name is most like the text at `span`, if any is like it.
    fn similar_operator(&self, span: Span) -> Option<&'static str> {
        if self.said() > DIAGNOSTICS_MAX {
            return None;
        }
        let word = self.text(span);
        let length = word.chars().count();
        let allowed = |name: &str| name.len().max(3) / 3;
        // So many letters more or less are as many changes.
        let names = OPERATOR_NAMES
            .iter()
            .filter(|name| name.len().abs_diff(length) <= allowed(name));
        names
            .map(|name| (distance(word, name), *name))
            .filter(|(distance, name)| *distance <= allowed(name))
            .min()
            .map(|(_, name)| name)
    }

    fn unknown_operator(&mut self, span: Span) -> Reported {
        if self.said() > DIAGNOSTICS_MAX {
            return Reported;
        }
        let similar = self.similar_operator(span);
        let found = self.found_text(span);
        // Of `project-awy` the first word is an operator; what follows it is wrong.
        let first = self.span();
        let whole = self.text(span);
        let longer = |name: &&str| name.contains('-') && whole.starts_with(*name);
        let begun = self.text(first);
        let part = begun != "graph" && OPERATOR_NAMES.contains(&begun) && self.glued(1);
        let place = match part && !OPERATOR_NAMES.iter().any(longer) {
            true if self.ahead(2).kind == TokenKind::Word => Span {
                start: self.ahead(2).span.start,
                ..span
            },
            _ => span,
        };
        self.report(Diagnostic {
            label: "not an operator".to_string(),
            help: match (similar, habits::operator(whole)) {
                (Some(name), _) => Some(format!("did you mean `{name}`?")),
                (None, Some(habit)) => Some(habit.to_string()),
                (None, None) if functions::aggregate(whole).is_some() => Some(format!(
                    "aggregates stand in an operator: `summarize {whole}(…) by a`"
                )),
                (None, None) if functions::scalar(whole).is_some() => Some(format!(
                    "functions stand in an operator: `extend x = {whole}(…)`"
                )),
                (None, None) => None,
            },
            fix: similar.and_then(|name| {
                let before = &self.text(span)[..(place.start - span.start) as usize];
                name.strip_prefix(before).map(str::to_string)
            }),
            ..error(
                codes::UNKNOWN_OPERATOR,
                format!("expected an operator, found {found}"),
                place,
            )
        });
        Reported
    }

    /// Whether an operator begins here that needs no input, where an expression could stand too.
    pub(super) fn at_head_operator(&self) -> bool {
        let next = self.ahead(1).kind;
        match self.word() {
            // No value can have these names.
            "print" | "find" | "search" | "union" | "as" => true,
            "range" => next == TokenKind::Word && self.word_ahead(2) == "from",
            "evaluate" => next == TokenKind::Word,
            "inline_external_table" => next == TokenKind::OpenParen,
            "macro" => next == TokenKind::Minus && self.word_ahead(2) == "expand" && self.glued(1),
            _ => false,
        }
    }
}

/// How many characters must be put in, taken out or changed, regardless of case.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    // Words longer than any operator are not worth a table.
    for (i, x) in a.chars().take(40).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(!x.eq_ignore_ascii_case(y));
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()] + a.chars().skip(40).count()
}
