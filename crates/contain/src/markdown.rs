//! A plan as a page for the case file.
//!
//! In: a plan. Out: Markdown that a person reads before approving: first what stays alive, then what is
//! hit, then the steps. What comes from logs is escaped: it cannot make a table, a link or a heading.

use std::fmt::Write;

use keyline_trail::time::format_time;

use crate::json::{breadth_name, reach_name};
use crate::plan::{Phase, Plan, Step};

/// Ids that one cell lists; the JSON has them all.
const CELL_IDS_MAX: usize = 4;

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
        self.headline(out)?;
        self.left_alive(out)?;
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
        let mut phase = None;
        for step in &self.steps {
            if phase != Some(step.phase) {
                phase = Some(step.phase);
                writeln!(out, "### {}\n", step.phase.name())?;
            }
            write_step(step, out)?;
        }
        writeln!(out, "## Approval\n")?;
        writeln!(out, "The plan is approved by its hash: `{}`", self.hash)
    }

    fn headline(&self, out: &mut String) -> std::fmt::Result {
        if self.steps.is_empty() && self.still_alive_after.is_empty() {
            return writeln!(
                out,
                "**Nothing of it works: none of its {} credentials was alive, and there is nothing to do.**\n",
                self.credentials.len()
            );
        }
        let by_program = self.steps.iter().filter(|step| !step.by_hand).count();
        writeln!(
            out,
            "**{} of {} credentials are still alive after it. {}**\n",
            self.still_alive_after.len(),
            self.credentials.len(),
            self.hits()
        )?;
        writeln!(
            out,
            "{} steps: {by_program} by the program, {} by hand. The {} way: {} steps, {} legitimate \
             sessions, {} still alive.\n",
            self.steps.len(),
            self.steps.len() - by_program,
            breadth_name(self.alternative.breadth),
            self.alternative.steps,
            self.alternative.breaks,
            self.alternative.still_alive_after
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
                plain(&left.credential),
                until.as_deref().unwrap_or("it has no end of its own"),
                left.reason.name(),
                plain(&left.why)
            )?;
        }
        writeln!(out)
    }
}

fn write_step(step: &Step, out: &mut String) -> std::fmt::Result {
    let mut marks = Vec::new();
    if step.by_hand {
        marks.push("by hand");
    }
    if step.needs_confirmation {
        marks.push("needs a confirmation of its own");
    }
    let changes = !matches!(step.phase, Phase::Evidence | Phase::Verify);
    if step.undo.is_none() && !step.by_hand && changes {
        marks.push("cannot be undone");
    }
    let marks = match marks.is_empty() {
        true => String::new(),
        false => format!(" *({})*", marks.join("; ")),
    };
    writeln!(
        out,
        "**{}. {}:{}**{marks} {}",
        step.id,
        plain(&step.service),
        plain(&step.action),
        place_of(step)
    )?;
    writeln!(out, "\n{}", plain(&step.why))?;
    if !step.stops.is_empty() && step.phase != Phase::SecondStamp {
        writeln!(out, "\nStops {}.", ids(&step.stops, step.stops.len()))?;
    }
    if step.breaks_count > 0 && step.phase != Phase::SecondStamp {
        writeln!(
            out,
            "\nHits the legitimate sessions {}.",
            ids(&step.breaks, step.breaks_count)
        )?;
    }
    for used in step.used_by() {
        writeln!(out, "\n- used by {}", plain(&used))?;
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
            "\n**Do not run it as it stands:** `aws` would open the file or the address in it and send what it \
             holds."
        )?;
    }
    if commands.len() > shown {
        writeln!(out, "\nand {} more that read", commands.len() - shown)?;
    }
    writeln!(out)
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

fn place_of(step: &Step) -> String {
    let mut parts = Vec::new();
    for name in [
        "user_name",
        "role_name",
        "access_key_id",
        "function_name",
        "target_id",
    ] {
        if let Some(value) = step.params.get(name).and_then(|value| value.as_str()) {
            parts.push(plain(value));
        }
    }
    if !step.account.is_empty() {
        parts.push(format!("in {}", plain(&step.account)));
    }
    parts.join(" ")
}

fn ids(list: &[String], count: usize) -> String {
    let shown: Vec<String> = list.iter().take(CELL_IDS_MAX).map(|id| plain(id)).collect();
    let more = count.saturating_sub(shown.len());
    match more {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
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
