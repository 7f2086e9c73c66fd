//! Log files, one account, region and slot of time each, in the layout in which CloudTrail delivers.
//!
//! In: a [`Config`]. Out: a [`Simulation`], whose files are made one at a time and in any order:
//! every file follows from the seed and its own number alone, so memory is one file's whatever the
//! number of events, and several threads may share the work. Deliberately not here: compression and
//! writing, which belong to whoever has a disk.

use crate::behaviours;
use crate::clock::{self, DAY};
use crate::ids;
use crate::limits::FILE_EVENTS_TARGET;
use crate::organisation::{Config, Organisation, Principal, Stream, organisation};
use crate::random::{Random, derive, scale};
use crate::record::Record;
use crate::traffic::benign::{self, Repertoire};
use crate::traffic::minting;

/// One record with what is needed to place it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Seconds since 1970.
    pub time: i64,
    pub account: String,
    pub region: String,
    /// The record.
    pub json: String,
}

/// One log file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Relative, with `/`; ends in `.json.gz`, as the layout wants, though the text is not packed.
    pub path: String,
    /// `{"Records":[…]}`.
    pub text: String,
    pub events: u64,
}

/// An organisation with its days, ready to be written file by file.
#[derive(Debug)]
pub struct Simulation {
    config: Config,
    organisation: Organisation,
    repertoire: Repertoire,
    slots_a_day: i64,
    /// Running sums of the files' weights, one more than there are files.
    sums: Vec<u64>,
    /// Events of a story, by time.
    story: Vec<Event>,
    /// Accounts and regions of the story that are none of the organisation's.
    outside: Vec<(String, String)>,
    delivery: Delivery,
    habits: Habits,
}

impl Delivery {
    /// Whether a file differs from what happened in its span.
    fn is_rough(&self) -> bool {
        self.disorder || self.late_per_mille > 0 || self.duplicates_per_mille > 0
    }
}

/// Whether the organisation has habits that look like attacks ([`crate::behaviours`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Habits {
    #[default]
    Without,
    /// In addition to the events that the configuration asks for.
    With,
}

/// How the trail delivers. The default is a trail as one would wish it: at once, once, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delivery {
    /// How many in a thousand events arrive one file late.
    pub late_per_mille: u32,
    /// How many in a thousand events are delivered a second time, one file later.
    pub duplicates_per_mille: u32,
    /// Whether the order within a file is anything but that of time.
    pub disorder: bool,
    /// Whether every account has a trail of its own beside the organisation's, with the same events.
    pub second_trail: bool,
}

/// Ordinary days as single events, slot by slot and in order of time within a file.
pub fn benign(config: Config) -> impl Iterator<Item = Event> {
    let simulation = Simulation::new(config);
    (0..simulation.file_slots()).flat_map(move |number| simulation.events(number))
}

impl Simulation {
    pub fn new(config: Config) -> Simulation {
        let organisation = organisation(&config);
        let streams = organisation.streams.len() as u64;
        let days = u64::from(config.days.max(1));
        let wanted = config.events / FILE_EVENTS_TARGET / (streams * days);
        let slots_a_day = [1, 2, 4, 8, 12, 24, 48, 96]
            .into_iter()
            .find(|&slots| slots >= wanted)
            .unwrap_or(96);
        let mut sums = vec![0];
        let mut sum = 0;
        for slot in 0..days * slots_a_day {
            let middle = config.start + (2 * slot as i64 + 1) * DAY / (2 * slots_a_day as i64);
            // Nights and weekends are quieter, but machines do not sleep.
            let share = if benign::working_hours(middle) { 10 } else { 6 };
            for stream in &organisation.streams {
                sum += stream.weight * share;
                sums.push(sum);
            }
        }
        Simulation {
            config,
            organisation,
            repertoire: Repertoire::new(),
            slots_a_day: slots_a_day as i64,
            sums,
            story: Vec::new(),
            outside: Vec::new(),
            delivery: Delivery::default(),
            habits: Habits::default(),
        }
    }

    /// Adds the habits of the organisation to its ordinary days, or leaves them out.
    pub fn with_habits(self, habits: Habits) -> Simulation {
        Simulation { habits, ..self }
    }

    /// Another way to deliver the same events.
    pub fn with_delivery(self, delivery: Delivery) -> Simulation {
        Simulation { delivery, ..self }
    }

    /// Adds events to those of ordinary days. They land in the files of their account, region and
    /// time; accounts and regions that the organisation does not have get files of their own. Events
    /// outside the days are refused by an assertion, because a story is our own text.
    pub fn with_story(mut self, mut events: Vec<Event>) -> Simulation {
        let end = self.config.start + i64::from(self.config.days.max(1)) * DAY;
        for event in &events {
            assert!(
                (self.config.start..end).contains(&event.time),
                "a story event is outside the days"
            );
            let known = self.organisation.streams.iter().any(|stream| {
                stream.region == event.region
                    && self.organisation.accounts[stream.account].id == event.account
            });
            if !known {
                let place = (event.account.clone(), event.region.clone());
                self.outside.push(place);
            }
        }
        self.outside.sort();
        self.outside.dedup();
        events.sort_by_key(|event| event.time);
        self.story = events;
        self
    }

    /// The events of the story, in order of time: to be added to the days of another organisation.
    pub fn story(&self) -> &[Event] {
        &self.story
    }

    pub fn organisation(&self) -> &Organisation {
        &self.organisation
    }

    /// How many files there can be; those without an event are not made.
    pub fn file_slots(&self) -> u64 {
        self.files_of_a_trail() * if self.delivery.second_trail { 2 } else { 1 }
    }

    fn files_of_a_trail(&self) -> u64 {
        self.ordinary_files() + self.outside.len() as u64 * self.slots() as u64
    }

    /// Which trail a file is of, and its number there.
    fn trail(&self, number: u64) -> (Trail, u64) {
        match number.checked_sub(self.files_of_a_trail()) {
            Some(number) => (Trail::Account, number),
            None => (Trail::Organisation, number),
        }
    }

    /// All files, in order.
    pub fn files(&self) -> impl Iterator<Item = File> + '_ {
        (0..self.file_slots()).filter_map(|number| self.file(number))
    }

    /// One file, or none where nothing happened.
    pub fn file(&self, number: u64) -> Option<File> {
        let (trail, number) = self.trail(number);
        let expected = self.ordinary_events(number);
        let mut text = String::with_capacity(expected as usize * 1_900 + 64);
        text.push_str("{\"Records\":[");
        let mut events = 0;
        self.tell(number, |_, told| {
            if events > 0 {
                text.push(',');
            }
            match told {
                Told::Ordinary(record) => record.write(&mut text),
                Told::Story(json) => text.push_str(json),
            }
            events += 1;
        });
        text.push_str("]}");
        (events > 0).then(|| File {
            path: self.path(number, trail),
            text,
            events,
        })
    }

    /// The events of one file, in the order in which it has them.
    pub fn events(&self, number: u64) -> Vec<Event> {
        let (_, number) = self.trail(number);
        let place = self.place(number);
        let mut events = Vec::with_capacity(self.ordinary_events(number) as usize);
        self.tell(number, |time, told| {
            let mut json = String::with_capacity(2_048);
            match told {
                Told::Ordinary(record) => record.write(&mut json),
                Told::Story(text) => json.push_str(text),
            }
            events.push(Event {
                time,
                account: place.account.to_owned(),
                region: place.region.to_owned(),
                json,
            });
        });
        events
    }

    /// What habits add to a file's account, region and span: their names and events, of one trail.
    pub fn habits(&self, number: u64) -> Vec<(&'static str, Event)> {
        let (Trail::Organisation, number) = self.trail(number) else {
            return Vec::new();
        };
        let place = self.place(number);
        match place.stream {
            // All habits live in the home region.
            Some(stream) if stream.home && self.habits == Habits::With => {
                behaviours::events(&self.organisation, place.account, place.from, place.until)
            }
            _ => Vec::new(),
        }
    }

    /// Calls `each` with every event of a file, as it is delivered.
    fn tell(&self, number: u64, mut each: impl FnMut(i64, Told<'_>)) {
        if !self.delivery.is_rough() {
            return self.happen(number, each);
        }
        let mut delivered: Vec<(u64, i64, String)> = Vec::new();
        let mut collect = |number: u64, fits: &dyn Fn(u64) -> bool| {
            let seed = derive(derive(self.organisation.seed, 37), number);
            let mut position = 0;
            self.happen(number, |time, told| {
                position += 1;
                let drawn = derive(seed, position);
                if !fits(drawn) {
                    return;
                }
                let mut json = String::with_capacity(2_048);
                match told {
                    Told::Ordinary(record) => record.write(&mut json),
                    Told::Story(text) => json.push_str(text),
                }
                delivered.push((derive(drawn, number), time, json));
            });
        };
        let late = |drawn| scale(derive(drawn, 1), 1_000) < u64::from(self.delivery.late_per_mille);
        let again =
            |drawn| scale(derive(drawn, 2), 1_000) < u64::from(self.delivery.duplicates_per_mille);
        if let Some(before) = self.file_before(number) {
            collect(before, &|drawn| late(drawn) || again(drawn));
        }
        // Nothing is delivered after the last file, so nothing of it is late.
        let last = self.file_after(number).is_none();
        collect(number, &|drawn| last || !late(drawn));
        if self.delivery.disorder {
            delivered.sort();
        }
        for (_, time, json) in &delivered {
            each(*time, Told::Story(json));
        }
    }

    /// Calls `each` with every event of a file's account, region and span, in order of time.
    fn happen(&self, number: u64, mut each: impl FnMut(i64, Told<'_>)) {
        let place = self.place(number);
        let (from, until) = (place.from, place.until);
        let mut happenings = Vec::new();
        if let Some(stream) = place.stream {
            let seed = derive(derive(self.organisation.seed, 31), number);
            let mut random = Random::new(seed);
            let wanted = self.ordinary_events(number) as usize;
            happenings = self.issues(stream, from, until);
            // Where there is little traffic, the issue of credentials must leave room for their use.
            happenings.truncate(wanted / 2);
            while happenings.len() < wanted {
                let time = from + random.below((until - from) as u64) as i64;
                if benign::working_hours(time) || random.below(10) < 6 {
                    happenings.push((time, Happening::Ordinary(random.draw())));
                }
            }
        }
        for (position, event) in self.story.iter().enumerate() {
            if event.region == place.region
                && event.account == place.account
                && (from..until).contains(&event.time)
            {
                happenings.push((event.time, Happening::Story(position)));
            }
        }
        let habits = self.habits(number);
        for (position, (_, event)) in habits.iter().enumerate() {
            happenings.push((event.time, Happening::Habit(position)));
        }
        happenings.sort_by_key(|&(time, happening)| (time, happening));
        let mut record = Record::default();
        for (time, happening) in happenings {
            match happening {
                Happening::Issue(position) => {
                    let Some(stream) = place.stream else { continue };
                    let minted = minting::mint(
                        &self.organisation,
                        stream,
                        self.holder(stream, position),
                        time,
                        "1.10",
                    );
                    each(time, Told::Ordinary(&minted));
                }
                Happening::Ordinary(seed) => {
                    let Some(stream) = place.stream else { continue };
                    benign::event(
                        &self.organisation,
                        &self.repertoire,
                        stream,
                        time,
                        seed,
                        &mut record,
                    );
                    each(time, Told::Ordinary(&record));
                }
                Happening::Habit(position) => {
                    each(time, Told::Story(&habits[position].1.json));
                }
                Happening::Story(position) => {
                    each(time, Told::Story(&self.story[position].json));
                }
            }
        }
    }

    /// The credentials that somebody of this stream takes in a slot, machines first.
    fn issues(&self, stream: &Stream, from: i64, until: i64) -> Vec<(i64, Happening)> {
        let people = if stream.home {
            self.organisation.accounts[stream.account].people.len()
        } else {
            0
        };
        let mut issues = Vec::new();
        for position in 0..stream.machines.len() + people {
            let holder = self.holder(stream, position);
            for issued in self.organisation.issues(holder, from, until) {
                issues.push((issued, Happening::Issue(position)));
            }
        }
        issues
    }

    fn holder(&self, stream: &Stream, position: usize) -> &Principal {
        // The stream is one of ours, so its machines live as long as the organisation.
        let own = &self.organisation.accounts[stream.account];
        let home = self
            .organisation
            .streams
            .iter()
            .find(|mine| mine.account == stream.account && mine.region == stream.region)
            .expect("the stream comes from this organisation");
        match home.machines.get(position) {
            Some(machine) => machine,
            None => &own.people[position - home.machines.len()],
        }
    }

    fn place(&self, number: u64) -> Place<'_> {
        let beyond = number.checked_sub(self.ordinary_files());
        let (width, within) = match beyond {
            Some(within) => (self.outside.len() as u64, within),
            None => (self.organisation.streams.len() as u64, number),
        };
        let slot = (within / width) as i64;
        let from = self.config.start + slot * DAY / self.slots_a_day;
        let until = self.config.start + (slot + 1) * DAY / self.slots_a_day;
        let index = (within % width) as usize;
        if beyond.is_some() {
            let (account, region) = &self.outside[index];
            let ours = |known: &crate::organisation::Account| known.id == *account;
            return Place {
                stream: None,
                member: self.organisation.accounts.iter().any(ours),
                account,
                region,
                from,
                until,
            };
        }
        let stream = &self.organisation.streams[index];
        Place {
            stream: Some(stream),
            member: true,
            account: &self.organisation.accounts[stream.account].id,
            region: stream.region,
            from,
            until,
        }
    }

    /// The file of the same account and region one slot earlier.
    fn file_before(&self, number: u64) -> Option<u64> {
        match number.checked_sub(self.ordinary_files()) {
            Some(within) => within
                .checked_sub(self.outside.len() as u64)
                .map(|before| before + self.ordinary_files()),
            None => number.checked_sub(self.organisation.streams.len() as u64),
        }
    }

    /// The file of the same account and region one slot later.
    fn file_after(&self, number: u64) -> Option<u64> {
        if number < self.ordinary_files() {
            let after = number + self.organisation.streams.len() as u64;
            (after < self.ordinary_files()).then_some(after)
        } else {
            let after = number + self.outside.len() as u64;
            (after < self.files_of_a_trail()).then_some(after)
        }
    }

    fn ordinary_files(&self) -> u64 {
        self.sums.len() as u64 - 1
    }

    fn slots(&self) -> i64 {
        i64::from(self.config.days.max(1)) * self.slots_a_day
    }

    fn ordinary_events(&self, number: u64) -> u64 {
        if number >= self.ordinary_files() {
            return 0;
        }
        let total = self.sums.last().copied().unwrap_or(0).max(1);
        let upto = |sum: u64| {
            (u128::from(self.config.events) * u128::from(sum) / u128::from(total)) as u64
        };
        upto(self.sums[number as usize + 1]) - upto(self.sums[number as usize])
    }

    fn path(&self, number: u64, trail: Trail) -> String {
        let place = self.place(number);
        let (account, region) = (place.account, place.region);
        let delivered = place.until - clock::MINUTE;
        let mut path = String::with_capacity(140);
        // The other trail writes into a bucket of its own.
        if trail == Trail::Account {
            path.push_str("account-trails/");
        }
        path.push_str("AWSLogs/");
        if place.member && trail == Trail::Organisation {
            path.push_str(&self.organisation.id);
            path.push('/');
        }
        path.push_str(account);
        path.push_str("/CloudTrail/");
        path.push_str(region);
        path.push('/');
        clock::folder(delivered, &mut path);
        path.push('/');
        path.push_str(account);
        path.push_str("_CloudTrail_");
        path.push_str(region);
        path.push('_');
        clock::file_stamp(delivered, &mut path);
        path.push('_');
        let seed = match trail {
            Trail::Organisation => self.organisation.seed,
            Trail::Account => derive(self.organisation.seed, 41),
        };
        let random = scale(derive(seed, number), u64::MAX);
        ids::alphanumeric(random, 16, &mut path);
        path.push_str(".json.gz");
        path
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trail {
    Organisation,
    Account,
}

/// What a file is of: an account and a region in a span of time.
struct Place<'a> {
    /// None where it is not the organisation's, and only a story happens.
    stream: Option<&'a Stream>,
    /// Whether the account belongs to the organisation.
    member: bool,
    account: &'a str,
    region: &'a str,
    from: i64,
    until: i64,
}

/// What happens at an instant. A credential is issued before it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    Issue(usize),
    Ordinary(u64),
    Habit(usize),
    Story(usize),
}

enum Told<'a> {
    Ordinary(&'a Record),
    Story(&'a str),
}
