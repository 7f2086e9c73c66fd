//! Minting and changing events, as their records tell them.
//!
//! A row of a batch and a row of the tables in `mint` and `control` go in, a compact value comes out. What
//! the event means for the forest is decided later, when all events are known.

use std::borrow::Cow;
use std::sync::LazyLock;

use keyline_trail::Column;
use keyline_trail::partition::service_name;

use crate::columns::Columns;
use crate::control::{CONTROLS, Control, Does, TARGETS, Target};
use crate::credential::Kind;
use crate::date;
use crate::json::{self, PLACES, Place};
use crate::mint::{ALWAYS_ALLOWED, FIELDS, Field, MINTS, Mint, Part, SIGN_INS};
use crate::policy::{Denial, denials};
use crate::quick::Map;
use crate::sighting::{CallerType, Who, is_id, is_key};
use crate::strings::{Renumbering, Strings, Text};
use crate::usage::NEVER;

/// A minting event.
#[derive(Clone, Debug)]
pub(crate) struct Minted {
    /// The row of `MINTS`, and which of its actions.
    pub row: u16,
    pub action: u16,
    pub at: i64,
    /// `NEVER` where the event does not say.
    pub expires: i64,
    pub seconds: i64,
    pub event: Text,
    pub shared: Text,
    pub caller: Caller,
    pub fields: [Text; FIELDS],
    /// The answer was left out of the record because of its length.
    pub omitted: bool,
}

/// A changing event.
#[derive(Clone, Debug)]
pub(crate) struct Changed {
    /// The row of `CONTROLS`.
    pub row: u16,
    pub at: i64,
    pub event: Text,
    pub action: Text,
    pub caller: Caller,
    pub targets: [Text; TARGETS],
    /// What a policy document denies to everybody.
    pub denials: Vec<Denial>,
}

/// Who made a minting or changing call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    pub who: Who,
    pub kind: CallerType,
    pub arn: Text,
    pub user: Text,
    pub service: Text,
    pub provider: Text,
    pub person: Text,
    pub store: Text,
    /// The account whose trail has the event.
    pub recipient: Text,
    /// A service made the call on the caller's behalf.
    pub forwarded: bool,
}

/// What the name of an event may mean.
#[derive(Clone, Debug, Default)]
pub(crate) struct Named {
    pub mints: Vec<u16>,
    pub controls: Vec<u16>,
    /// Its success proves nothing: no policy stops it.
    pub always_allowed: bool,
    /// It tells of a session's beginning and is no call made with it.
    pub is_sign_in: bool,
}

/// Events by name. Number 0 is that of all names that mean nothing here.
pub(crate) static NAMES: LazyLock<(Map<&'static str, u16>, Vec<Named>)> = LazyLock::new(|| {
    let mut numbers = Map::default();
    let mut named = vec![Named::default()];
    let mut number = |name: &'static str, named: &mut Vec<Named>| {
        let next = named.len() as u16;
        let number = *numbers.entry(name).or_insert(next);
        if number == next {
            named.push(Named::default());
        }
        number as usize
    };
    for (row, mint) in MINTS.iter().enumerate() {
        for name in mint.actions {
            let number = number(name, &mut named);
            named[number].mints.push(row as u16);
        }
    }
    for (row, control) in CONTROLS.iter().enumerate() {
        for name in control.actions {
            let number = number(name, &mut named);
            if control.does != Does::StopsNothing {
                named[number].controls.push(row as u16);
            }
        }
    }
    for name in ALWAYS_ALLOWED {
        let number = number(name, &mut named);
        named[number].always_allowed = true;
    }
    for name in SIGN_INS {
        let number = number(name, &mut named);
        named[number].is_sign_in = true;
    }
    (numbers, named)
});

/// Which beginnings of names are in the table, by a view's length and first letters: nearly all events are
/// told apart by that.
static BEGINNINGS: LazyLock<Vec<bool>> = LazyLock::new(|| {
    let mut known = vec![false; 1 << 16];
    for name in NAMES.0.keys() {
        let mut first = [0; 4];
        let length = name.len().min(4);
        first[..length].copy_from_slice(&name.as_bytes()[..length]);
        let view = name.len() as u64 | u64::from(u32::from_le_bytes(first)) << 32;
        known[beginning(view)] = true;
    }
    known
});

fn beginning(view: u64) -> usize {
    (view.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) as usize
}

/// The number of the name of a row's event.
#[inline(always)]
pub(crate) fn number_of_name(columns: &Columns<'_>, row: usize) -> usize {
    if !BEGINNINGS[beginning(columns.name_view(row) as u64)] {
        return 0;
    }
    NAMES
        .0
        .get(columns.name(row))
        .map_or(0, |number| *number as usize)
}

/// The names of the events whose details are needed.
pub(crate) fn detailed() -> Vec<String> {
    let mut names: Vec<String> = NAMES
        .0
        .iter()
        .filter(|(_, number)| {
            let named = &NAMES.1[**number as usize];
            !named.mints.is_empty() || !named.controls.is_empty()
        })
        .map(|(name, _)| (*name).to_owned())
        .collect();
    names.sort();
    names
}

/// Where the record of a minting event is looked at, by the row of `MINTS`: all places of one column at once.
struct Plan {
    /// By column, in the order of [`Part::ALL`].
    places: [Vec<Place>; Part::ALL.len()],
    /// The fields that are given from [`GIVEN`] on, those that count first before others.
    fields: Vec<Field>,
    list: Option<List>,
}

/// A list of which every element is a credential of its own.
struct List {
    part: Part,
    path: &'static [&'static str],
    /// Places by their number with the path inside an element; none for what stands beside the list and tells of one
    /// credential only.
    inside: Vec<(usize, Option<&'static [&'static str]>)>,
}

/// The numbers of places: what an event reports its failure by, whether its answer was left out, and its fields.
const CONDITION: usize = 0;
const OMITTED: usize = 1;
const GIVEN: usize = 2;

static PLANS: LazyLock<Vec<Plan>> = LazyLock::new(|| MINTS.iter().map(Plan::new).collect());

impl Plan {
    fn new(mint: &Mint) -> Plan {
        let mut places: [Vec<Place>; Part::ALL.len()] = Default::default();
        let mut put = |part: Part, number: usize, path: &'static [&'static str]| {
            assert!(number < PLACES, "a row of the table has too many places");
            let at = Part::ALL.iter().position(|known| *known == part);
            places[at.unwrap_or_default()].push((number as u8, path));
        };
        if let Some((part, path, _)) = mint.only_if {
            put(part, CONDITION, path);
        }
        put(Part::Response, OMITTED, &["omitted"]);
        let given = || mint.gives.iter().copied().flatten();
        let mut fields = Vec::new();
        for (field, part, path) in given() {
            put(*part, GIVEN + fields.len(), path);
            fields.push(*field);
        }
        let place_of = |path: &[&str]| path.iter().position(|step| *step == json::FIRST);
        let list = given().find_map(|(field, part, path)| {
            let at = place_of(path).filter(|_| *field == Field::Key)?;
            Some((*part, &path[..at]))
        });
        let list = list.map(|(part, path)| List {
            part,
            path,
            inside: given()
                .enumerate()
                .filter_map(|(number, (field, of, full))| {
                    let inside = match place_of(full) {
                        Some(at) if *of == part && full[..at] == *path => Some(&full[at + 1..]),
                        _ if *field == Field::Key => None,
                        _ => return None,
                    };
                    Some((GIVEN + number, inside))
                })
                .collect(),
        });
        Plan {
            places,
            fields,
            list,
        }
    }
}

impl Minted {
    pub(crate) fn mint(&self) -> &'static Mint {
        &MINTS[self.row as usize]
    }

    /// As in `sts:AssumeRole`.
    pub(crate) fn api(&self) -> String {
        let mint = self.mint();
        format!("{}:{}", mint.service, mint.actions[self.action as usize])
    }

    pub(crate) fn field(&self, field: Field) -> Text {
        self.fields[field as usize]
    }

    /// Every text of it, to order events by.
    pub(crate) fn all_texts(&self) -> impl Iterator<Item = Text> + '_ {
        [self.shared]
            .into_iter()
            .chain(self.caller.all_texts())
            .chain(self.fields)
    }

    /// Reads a row by the first mint of its name that fits it: what it mints, one of each element where its answer
    /// is a list.
    pub(crate) fn read(
        columns: &Columns<'_>,
        row: usize,
        named: &Named,
        caller: &Caller,
        caller_type: &str,
        strings: &mut Strings,
        into: &mut Vec<Minted>,
    ) {
        let service = service_name(columns.source(row));
        let fits = |number: &&u16| {
            let mint = &MINTS[**number as usize];
            mint.service == service && (mint.by.is_empty() || mint.by.contains(&caller_type))
        };
        let Some(number) = named.mints.iter().find(fits).copied() else {
            return;
        };
        let mint = &MINTS[number as usize];
        let plan = &PLANS[number as usize];
        let mut found = [""; PLACES];
        for (part, places) in Part::ALL.into_iter().zip(&plan.places) {
            if !places.is_empty() {
                json::find_all(part.of(columns, row), places, &mut found);
            }
        }
        if let Some((.., wanted)) = mint.only_if
            && json::text_of(found[CONDITION]).as_deref() != Some(wanted)
        {
            return;
        }
        let mut minted = Minted {
            row: number,
            action: mint
                .actions
                .iter()
                .position(|action| *action == columns.name(row))
                .unwrap_or(0) as u16,
            at: columns.time(row),
            expires: NEVER,
            seconds: 0,
            event: strings.intern(columns.detail(Column::AwsEventId, row)),
            shared: strings.intern(columns.detail(Column::SharedEventId, row)),
            caller: *caller,
            fields: [Text::EMPTY; FIELDS],
            omitted: found[OMITTED] == "true" || found[OMITTED] == "\"true\"",
        };
        let bare = minted.clone();
        minted.fill(plan, &found, strings);
        if minted.field(Field::Role).is_empty() && mint.service == "sts" {
            let role = role_of_resources(columns.detail(Column::Resources, row));
            minted.fields[Field::Role as usize] = strings.intern(&role.unwrap_or_default());
        }
        into.push(minted);
        let Some(list) = &plan.list else {
            return;
        };
        let part = list.part.of(columns, row);
        for element in json::elements(part, list.path).into_iter().skip(1) {
            for (number, inside) in &list.inside {
                found[*number] = inside.map_or("", |path| json::raw(element, path).unwrap_or(""));
            }
            let mut minted = bare.clone();
            minted.fill(plan, &found, strings);
            // What else the list holds is no credential.
            if !minted.field(Field::Key).is_empty() {
                into.push(minted);
            }
        }
    }

    /// Takes the fields out of what was found.
    fn fill(&mut self, plan: &Plan, found: &[&str; PLACES], strings: &mut Strings) {
        for (number, field) in plan.fields.iter().enumerate() {
            let is_known = match field {
                Field::Expires => self.expires != NEVER,
                Field::Seconds => self.seconds != 0,
                field => !self.field(*field).is_empty(),
            };
            if is_known {
                continue;
            }
            let Some(found) = json::text_of(found[GIVEN + number]) else {
                continue;
            };
            match field {
                Field::Expires => self.expires = date::instant(&found).unwrap_or(NEVER),
                Field::Seconds => self.seconds = found.parse().unwrap_or(0),
                Field::Key if !names_key(self.mint().makes, &found) => {}
                field => self.fields[*field as usize] = strings.intern(&found),
            }
        }
    }

    pub(crate) fn renumber(&mut self, to: &Renumbering) {
        self.event = to.of(self.event);
        self.shared = to.of(self.shared);
        self.caller.renumber(to);
        self.fields = self.fields.map(|text| to.of(text));
    }
}

impl Changed {
    pub(crate) fn control(&self) -> &'static Control {
        &CONTROLS[self.row as usize]
    }

    pub(crate) fn target(&self, target: Target) -> Text {
        self.targets[target as usize]
    }

    /// Every text of it, to order events by.
    pub(crate) fn all_texts(&self) -> impl Iterator<Item = Text> + '_ {
        [self.action]
            .into_iter()
            .chain(self.caller.all_texts())
            .chain(self.targets)
    }

    pub(crate) fn read(
        columns: &Columns<'_>,
        row: usize,
        named: &Named,
        caller: &Caller,
        strings: &mut Strings,
    ) -> Option<Changed> {
        let service = service_name(columns.source(row));
        let number = *named
            .controls
            .iter()
            .find(|number| CONTROLS[**number as usize].service == service)?;
        let control = &CONTROLS[number as usize];
        let mut changed = Changed {
            row: number,
            at: columns.time(row),
            event: strings.intern(columns.detail(Column::AwsEventId, row)),
            action: strings.intern(columns.name(row)),
            caller: *caller,
            targets: [Text::EMPTY; TARGETS],
            denials: Vec::new(),
        };
        for (target, part, path) in control.names {
            if !changed.target(*target).is_empty() {
                continue;
            }
            let part = part.of(columns, row);
            if *target == Target::Document {
                // Policies stand in records as text that holds JSON, and as JSON.
                if let Some(found) = json::document(part, path) {
                    changed.denials = denials(&found);
                }
            } else if let Some(found) = json::text(part, path) {
                changed.targets[*target as usize] = strings.intern(&found);
            }
        }
        Some(changed)
    }

    pub(crate) fn renumber(&mut self, to: &Renumbering) {
        self.event = to.of(self.event);
        self.action = to.of(self.action);
        self.caller.renumber(to);
        self.targets = self.targets.map(|text| to.of(text));
    }
}

impl Caller {
    pub(crate) fn nobody() -> Caller {
        Caller {
            who: Who::NOBODY,
            kind: CallerType::Other,
            arn: Text::EMPTY,
            user: Text::EMPTY,
            service: Text::EMPTY,
            provider: Text::EMPTY,
            person: Text::EMPTY,
            store: Text::EMPTY,
            recipient: Text::EMPTY,
            forwarded: false,
        }
    }

    fn all_texts(&self) -> [Text; 11] {
        [
            self.who.account,
            self.who.principal,
            self.who.key,
            self.who.bearer,
            self.arn,
            self.user,
            self.service,
            self.provider,
            self.person,
            self.store,
            self.recipient,
        ]
    }

    fn renumber(&mut self, to: &Renumbering) {
        self.who.renumber(to);
        for text in [
            &mut self.arn,
            &mut self.user,
            &mut self.service,
            &mut self.provider,
            &mut self.person,
            &mut self.store,
            &mut self.recipient,
        ] {
            *text = to.of(*text);
        }
    }
}

impl Who {
    pub(crate) fn renumber(&mut self, to: &Renumbering) {
        for text in [
            &mut self.account,
            &mut self.principal,
            &mut self.key,
            &mut self.bearer,
        ] {
            *text = to.of(*text);
        }
    }
}

impl Part {
    const ALL: [Part; 4] = [
        Part::Request,
        Part::Response,
        Part::Additional,
        Part::Details,
    ];

    fn of<'a>(self, columns: &Columns<'a>, row: usize) -> &'a str {
        columns.detail(
            match self {
                Part::Request => Column::RequestParameters,
                Part::Response => Column::ResponseElements,
                Part::Additional => Column::AdditionalEventData,
                Part::Details => Column::ServiceEventDetails,
            },
            row,
        )
    }
}

/// Whether text is the id of what an event makes.
fn names_key(makes: Kind, text: &str) -> bool {
    match makes {
        Kind::Certificate => is_id(text),
        _ => is_key(text),
    }
}

/// The ARN of the role among the resources that an event touched.
fn role_of_resources(resources: &str) -> Option<String> {
    let mut rest = resources;
    while let Some(at) = rest.find("arn:") {
        let arn = &rest[at..];
        let end = arn.find('"').unwrap_or(arn.len());
        if arn[..end].contains(":role/") {
            return Some(arn[..end].to_owned());
        }
        rest = &arn[end..];
    }
    None
}

/// The caller's provider, for callers that have one.
pub(crate) fn provider<'a>(columns: &Columns<'a>, row: usize) -> Cow<'a, str> {
    columns.detail(Column::IdentityProvider, row).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_their_rows() {
        let named = &NAMES.1[NAMES.0["EnableMFADevice"] as usize];
        assert_eq!((named.mints.len(), named.controls.len()), (1, 1));
        assert!(NAMES.1[NAMES.0["GetCallerIdentity"] as usize].always_allowed);
        assert!(detailed().contains(&"AssumeRole".to_owned()));
        assert!(!detailed().contains(&"UpdateAssumeRolePolicy".to_owned()));
    }
}
