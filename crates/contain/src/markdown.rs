//! A plan as a page for the case file.
//!
//! In: a plan. Out: Markdown that a person reads before approving: first what stays alive, then what is
//! hit, then the steps. What comes from logs is escaped: it cannot make a table, a link or a heading.

use std::fmt::Write;

use keyline_lineage::CredentialId;
use keyline_trail::time::format_time;

use crate::json::{breadth_name, reach_name};
use crate::limits::CUT_OFF_AHEAD_S;
use crate::names::counted;
use crate::plan::{Phase, Plan, Step};
use crate::script::CUT_OFF_VARIABLE;

/// Credentials that one step lists; the JSON has them all.
const LISTED_MAX: usize = 12;

/// Backticks of a fence: Markdown takes fewer for text.
const FENCE_MIN: usize = 3;

impl Plan {
    /// The plan as Markdown.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        self.write(&mut out).expect("writing to text cannot fail");
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "# Containment of {}\n", plain(&self.target))?;
        writeln!(
            out,
            "Plan `{}`, made {} for the state as of {}; reach {}, {}.\n",
            self.plan_id(),
            format_time(self.made_at),
            format_time(self.as_of),
            reach_name(self.reach),
            breadth_name(self.breadth)
        )?;
        if let Some(since) = self.stolen_since {
            writeln!(out, "Stolen since {}.\n", format_time(since))?;
        }
        self.write_headline(out)?;
        self.left_alive(out)?;
        let doors = self.doors();
        if !doors.is_empty() {
            writeln!(out, "## Let in by the tree\n")?;
            for door in &doors {
                writeln!(out, "- {}", plain(door))?;
            }
            writeln!(out)?;
        }
        if !self.refused.is_empty() {
            writeln!(out, "## Not touched\n")?;
            for refused in &self.refused {
                writeln!(out, "- {}: {}", plain(&refused.target), plain(&refused.why))?;
            }
            writeln!(out)?;
        }
        if !self.notes.is_empty() {
            writeln!(out, "## To know before approving\n")?;
            for note in &self.notes {
                writeln!(out, "- {}", plain(note))?;
            }
            writeln!(out)?;
        }
        writeln!(out, "## Steps\n")?;
        let mut commands = self.steps.iter().flat_map(Step::commands);
        if commands.any(|command| command.contains(CUT_OFF_VARIABLE)) {
            writeln!(
                out,
                "`$CUT_OFF` in a command stands for an instant {CUT_OFF_AHEAD_S} seconds ahead, in UTC and set anew \
                 before each: `2026-01-31T12:00:00Z`. The program and the script set it themselves.\n"
            )?;
        }
        let mut phase = None;
        for step in &self.steps {
            if phase != Some(step.phase) {
                phase = Some(step.phase);
                writeln!(out, "### {}\n", step.phase.name())?;
            }
            self.write_step(step, out)?;
        }
        writeln!(out, "## Approval\n")?;
        writeln!(out, "The plan is approved by its hash: `{}`", self.hash)
    }

    fn write_headline(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "**{}**\n", plain(&self.headline()))?;
        if self.steps.is_empty() {
            return Ok(());
        }
        let by_program = self.steps.iter().filter(|step| !step.by_hand).count();
        writeln!(
            out,
            "{}: {by_program} by the program, {} by hand. {}\n",
            counted(self.steps.len(), "step"),
            self.steps.len() - by_program,
            plain(&self.other_way())
        )?;
        if let Some(until) = self.zombies_until {
            writeln!(
                out,
                "Leave the denials in place until {} at least, counted from the state above: tokens that they \
                 hold down would wake up.\n",
                format_time(until)
            )?;
        }
        Ok(())
    }

    fn left_alive(&self, out: &mut String) -> std::fmt::Result {
        if self.still_alive_after.is_empty() {
            return Ok(());
        }
        writeln!(out, "## Still alive after it\n")?;
        writeln!(out, "| credential | until | why |\n|---|---|---|")?;
        for left in &self.still_alive_after {
            let until = left.until.map(format_time);
            writeln!(
                out,
                "| {} | {} | {}: {} |",
                plain(
                    self.names
                        .get(&left.credential)
                        .map_or(&left.credential, |named| &named.what)
                ),
                until.as_deref().unwrap_or("it has no end of its own"),
                left.reason.name(),
                plain(&left.why)
            )?;
        }
        writeln!(out)
    }

    fn write_step(&self, step: &Step, out: &mut String) -> std::fmt::Result {
        let mut marks = Vec::new();
        if step.by_hand {
            marks.push("by hand");
        }
        if step.needs_confirmation {
            marks.push("needs a confirmation of its own");
        }
        let changes = !matches!(step.phase, Phase::Evidence | Phase::Verify);
        if step.undo.is_none() && !step.by_hand && changes {
            marks.push(match step.only_switches_off() {
                true => "never switched on again",
                false => "cannot be undone",
            });
        }
        let marks = match marks.is_empty() {
            true => String::new(),
            false => format!(" *({})*", marks.join("; ")),
        };
        let title = plain(&step.title());
        let place = place_of(step);
        writeln!(out, "**{}. {title}**{marks}{place}", step.id)?;
        writeln!(out, "\n{}", plain(&step.why))?;
        // A second stamp does to all what the first did.
        if step.phase != Phase::SecondStamp {
            self.list(out, "Stops", &step.stops, step.stops.len())?;
            let hits = "Hits what others use";
            self.list(out, hits, &step.breaks, step.breaks_count)?;
            for cut in &step.cuts_off {
                writeln!(out, "\nCuts off {}.", plain(cut))?;
            }
        }
        for (place, used) in step.used_by().iter().enumerate() {
            let apart = if place == 0 { "\n" } else { "" };
            writeln!(out, "{apart}- used by {}", plain(used))?;
        }
        let commands = step.commands();
        let shown = match step.phase {
            Phase::Evidence => 1,
            _ => commands.len(),
        };
        if !commands.is_empty() {
            let fence = fence_around(&commands[..shown]);
            writeln!(out, "\n{fence}sh")?;
            for command in &commands[..shown] {
                writeln!(out, "{command}")?;
            }
            writeln!(out, "{fence}")?;
        }
        if step.opens_a_file() {
            writeln!(
                out,
                "\n**Do not run it as it stands:** `aws` would open the file or the address in it and send what \
                 it holds."
            )?;
        }
        if commands.len() > shown {
            writeln!(out, "\nand {} more that read", commands.len() - shown)?;
        }
        writeln!(out)
    }

    /// Credentials under a heading: one in the same line, several as a list.
    fn list(
        &self,
        out: &mut String,
        heading: &str,
        ids: &[CredentialId],
        count: usize,
    ) -> std::fmt::Result {
        match ids {
            [] => Ok(()),
            [one] if count == 1 => writeln!(out, "\n{heading}: {}.", plain(&self.called(one))),
            several => {
                writeln!(out, "\n{heading}:\n")?;
                let mut named: Vec<String> = several.iter().map(|id| self.called(id)).collect();
                named.sort();
                let shown = &named[..named.len().min(LISTED_MAX)];
                for name in shown {
                    writeln!(out, "- {}", plain(name))?;
                }
                match count.saturating_sub(shown.len()) {
                    0 => Ok(()),
                    more => writeln!(out, "- and {more} more"),
                }
            }
        }
    }
}

/// A fence that nothing in the commands can close. A command is quoted for the shell and is never altered for
/// the page: a letter taken out of a quotation is a quotation that ends elsewhere.
fn fence_around(commands: &[String]) -> String {
    let runs = commands
        .iter()
        .flat_map(|command| command.split(|letter| letter != '`'));
    let longest = runs.map(str::len).max().unwrap_or(0);
    "`".repeat(FENCE_MIN.max(longest + 1))
}

/// The call that a step makes and where, as far as its title does not say so.
fn place_of(step: &Step) -> String {
    let mut parts = String::new();
    if step.title() != step.operation() && step.service != "keyline" {
        parts.push_str(&format!(", {}", plain(&step.operation())));
    }
    if !step.account.is_empty() {
        parts.push_str(&format!(", in {}", plain(&step.account)));
    }
    parts
}

/// Text that Markdown takes as text: no heading, table, link or markup comes of it, and nothing that makes
/// what is read differ from what is there.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        match letter {
            letter if misleads(letter) => out.push('\u{fffd}'),
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '#' | '!' | '&' | '~' => {
                out.push('\\');
                out.push(letter);
            }
            // Some readers make links of bare addresses.
            ':' if rest.peek() == Some(&'/') => out.push_str("\\:"),
            '.' if out.ends_with("www") => out.push_str("\\."),
            letter => out.push(letter),
        }
    }
    out
}

/// Letters that move the cursor, turn the direction of text around, or cannot be seen.
pub(crate) fn misleads(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{00ad}' | '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
        )
}
