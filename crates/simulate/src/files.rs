//! Log files, one account, region and slot of time each, in the layout in which CloudTrail delivers.
//!
//! In: a [`Config`]. Out: a [`Simulation`], whose files are made one at a time and in any order:
//! every file follows from the seed and its own number alone, so memory is one file's whatever the
//! number of events, and several threads may share the work. Deliberately not here: compression and
//! writing, which belong to whoever has a disk.

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
        }
    }

    /// Adds events to those of ordinary days. They land in the files of their account, region and
    /// time; those outside every file are refused by an assertion, because a story is our own text.
    pub fn with_story(mut self, mut events: Vec<Event>) -> Simulation {
        let end = self.config.start + i64::from(self.config.days.max(1)) * DAY;
        for event in &events {
            assert!(
                (self.config.start..end).contains(&event.time),
                "a story event is outside the days"
            );
            assert!(
                self.organisation.streams.iter().any(|stream| {
                    stream.region == event.region
                        && self.organisation.accounts[stream.account].id == event.account
                }),
                "a story event is in no account and region of the organisation"
            );
        }
        events.sort_by_key(|event| event.time);
        self.story = events;
        self
    }

    pub fn organisation(&self) -> &Organisation {
        &self.organisation
    }

    /// How many files there can be; those without an event are not made.
    pub fn file_slots(&self) -> u64 {
        self.sums.len() as u64 - 1
    }

    /// All files, in order.
    pub fn files(&self) -> impl Iterator<Item = File> + '_ {
        (0..self.file_slots()).filter_map(|number| self.file(number))
    }

    /// One file, or none where nothing happened.
    pub fn file(&self, number: u64) -> Option<File> {
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
            path: self.path(number),
            text,
            events,
        })
    }

    /// The events of one file, in order of time.
    pub fn events(&self, number: u64) -> Vec<Event> {
        let (stream, _, _) = self.place(number);
        let account = &self.organisation.accounts[stream.account].id;
        let mut events = Vec::with_capacity(self.ordinary_events(number) as usize);
        self.tell(number, |time, told| {
            let mut json = String::with_capacity(2_048);
            match told {
                Told::Ordinary(record) => record.write(&mut json),
                Told::Story(text) => json.push_str(text),
            }
            let region = stream.region.to_owned();
            events.push(Event {
                time,
                account: account.clone(),
                region,
                json,
            });
        });
        events
    }

    /// Calls `each` with every event of a file, in order of time.
    fn tell(&self, number: u64, mut each: impl FnMut(i64, Told<'_>)) {
        let (stream, from, until) = self.place(number);
        let seed = derive(derive(self.organisation.seed, 31), number);
        let mut random = Random::new(seed);
        let wanted = self.ordinary_events(number) as usize;
        let mut happenings = self.issues(stream, from, until);
        // Where there is little traffic, the issue of credentials must leave room for their use.
        happenings.truncate(wanted / 2);
        while happenings.len() < wanted {
            let time = from + random.below((until - from) as u64) as i64;
            if benign::working_hours(time) || random.below(10) < 6 {
                happenings.push((time, Happening::Ordinary(random.draw())));
            }
        }
        let account = &self.organisation.accounts[stream.account];
        for (position, event) in self.story.iter().enumerate() {
            if event.region == stream.region
                && event.account == account.id
                && (from..until).contains(&event.time)
            {
                happenings.push((event.time, Happening::Story(position)));
            }
        }
        happenings.sort_by_key(|&(time, happening)| (time, happening));
        let mut record = Record::default();
        for (time, happening) in happenings {
            match happening {
                Happening::Issue(position) => {
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

    fn place(&self, number: u64) -> (&Stream, i64, i64) {
        let streams = self.organisation.streams.len() as u64;
        let slot = (number / streams) as i64;
        let from = self.config.start + slot * DAY / self.slots_a_day;
        let until = self.config.start + (slot + 1) * DAY / self.slots_a_day;
        (
            &self.organisation.streams[(number % streams) as usize],
            from,
            until,
        )
    }

    fn ordinary_events(&self, number: u64) -> u64 {
        let total = self.sums.last().copied().unwrap_or(0).max(1);
        let upto = |sum: u64| {
            (u128::from(self.config.events) * u128::from(sum) / u128::from(total)) as u64
        };
        upto(self.sums[number as usize + 1]) - upto(self.sums[number as usize])
    }

    fn path(&self, number: u64) -> String {
        let (stream, _, until) = self.place(number);
        let account = &self.organisation.accounts[stream.account].id;
        let delivered = until - clock::MINUTE;
        let mut path = String::with_capacity(140);
        path.push_str("AWSLogs/");
        path.push_str(&self.organisation.id);
        path.push('/');
        path.push_str(account);
        path.push_str("/CloudTrail/");
        path.push_str(stream.region);
        path.push('/');
        clock::folder(delivered, &mut path);
        path.push('/');
        path.push_str(account);
        path.push_str("_CloudTrail_");
        path.push_str(stream.region);
        path.push('_');
        clock::file_stamp(delivered, &mut path);
        path.push('_');
        let random = scale(derive(self.organisation.seed, number), u64::MAX);
        ids::alphanumeric(random, 16, &mut path);
        path.push_str(".json.gz");
        path
    }
}

/// What happens at an instant. A credential is issued before it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    Issue(usize),
    Ordinary(u64),
    Story(usize),
}

enum Told<'a> {
    Ordinary(&'a Record),
    Story(&'a str),
}
