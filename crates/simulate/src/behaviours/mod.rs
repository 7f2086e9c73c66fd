//! Habits of the organisation that look like attacks and are none.
//!
//! In: an organisation and a day. Out: the records of that day's habits: scanners that list
//! everything, scripts that take tokens by the dozen, people who switch roles, instances whose calls
//! leave by somebody else's address. Each has a name and says for which analytics it could be taken
//! (A1 to A10, as the rules number them), so that false alarms can be counted by cause. An episode
//! follows from the seed, the habit, the account and the day alone, as everything here does.
//! Deliberately not here: the ordinary mass of traffic (`traffic`), which confuses nobody.
//!
//! All happens in the home region. Networks of the organisation are 192.0.2.0/24 (offices, VPN,
//! proxies, the data centre) and its egress addresses of 198.18.0.0/15.

mod consoles;
mod keys;
mod networks;
mod people;
mod roles;
mod runners;
mod services;
mod tokens;

use crate::clock::{DAY, HOUR, MINUTE};
use crate::files::Event;
use crate::organisation::Organisation;
use crate::random::{derive, derive_text, scale};
use crate::stage::{Account, Stage};

/// A habit.
#[derive(Debug)]
pub struct Behaviour {
    pub name: &'static str,
    /// What happens, in one sentence.
    pub what: &'static str,
    /// The analytics that could take it for an attack.
    pub confuses: &'static [&'static str],
    /// Whether every account has it, or the organisation as a whole.
    pub reach: Reach,
    /// Every so many days.
    pub every: i64,
    pub days: Days,
    /// The hour of the day at which it begins, and how many hours it takes at the most.
    pub begins: i64,
    pub takes: i64,
    /// One episode, on a stage whose clock stands at its beginning.
    pub act: fn(&mut Stage, Account),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Each account by itself; nothing is recorded elsewhere.
    Account,
    /// Once for the organisation, over several accounts.
    Organisation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Days {
    All,
    Weekdays,
}

/// What most habits have in common.
const HABIT: Behaviour = Behaviour {
    name: "",
    what: "",
    confuses: &[],
    reach: Reach::Account,
    every: 1,
    days: Days::All,
    begins: 9,
    takes: 3,
    act: |_, _| (),
};

/// Every habit, by subject.
pub fn all() -> impl Iterator<Item = &'static Behaviour> {
    [
        networks::HABITS,
        runners::HABITS,
        tokens::HABITS,
        consoles::HABITS,
        keys::HABITS,
        roles::HABITS,
        people::HABITS,
        services::HABITS,
    ]
    .into_iter()
    .flatten()
}

/// What habits do in an account within a span of time, each event with the habit's name.
pub fn events(
    organisation: &Organisation,
    account: &str,
    from: i64,
    until: i64,
) -> Vec<(&'static str, Event)> {
    let Some(own) = organisation.accounts.iter().position(|a| a.id == account) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for habit in all() {
        // An episode that began yesterday may go on into the span.
        let reach = (habit.begins + habit.takes) * HOUR;
        let first = (from - reach).div_euclid(DAY);
        for day in first..=until.div_euclid(DAY) {
            let place = match habit.reach {
                Reach::Account => own,
                Reach::Organisation => 0,
            };
            if !happens(organisation.seed, habit, place, day) {
                continue;
            }
            let begins = day * DAY + habit.begins * HOUR;
            if begins >= until || begins + habit.takes * HOUR <= from {
                continue;
            }
            for event in episode(organisation, habit, place, day) {
                if event.account == account && (from..until).contains(&event.time) {
                    found.push((habit.name, event));
                }
            }
        }
    }
    found
}

/// Whether a habit has an episode on a day, counted from 1970.
fn happens(seed: u64, habit: &Behaviour, place: usize, day: i64) -> bool {
    let weekday = (day + 3).rem_euclid(7);
    let phase = derive(derive_text(seed, habit.name), place as u64) % habit.every as u64;
    (habit.days == Days::All || weekday < 5) && (day - phase as i64).rem_euclid(habit.every) == 0
}

/// One episode, in full.
fn episode(organisation: &Organisation, habit: &Behaviour, place: usize, day: i64) -> Vec<Event> {
    let seed = derive(organisation.seed, place as u64);
    let drawn = derive(derive_text(seed, habit.name), day as u64);
    let mut stage = Stage::within(organisation, seed, habit.name);
    stage.another_day(day);
    stage.now = day * DAY + habit.begins * HOUR + scale(drawn, 40) as i64 * MINUTE;
    let account = stage.account(place);
    (habit.act)(&mut stage, account);
    stage.into_events()
}
