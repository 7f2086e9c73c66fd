//! The shape of an entry of the catalogue: one API call, who makes it, how often, what it says.
//!
//! In: nothing. Out: [`Action`] values, built by short constant functions so that the tables
//! (`catalogue_data`, `catalogue_control`) read as tables. Deliberately not here: the tables.

use crate::organisation::Kind;

/// Actors beyond the principals: a service for itself, and a service on a principal's behalf.
pub const SERVICE: u16 = 1 << 14;
pub const FORWARD: u16 = 1 << 15;

pub const INSTANCE: u16 = Kind::Instance.bit();
pub const FUNCTION: u16 = Kind::Function.bit();
pub const TASK: u16 = Kind::Task.bit();
pub const PIPELINE: u16 = Kind::Pipeline.bit();
pub const WORKFORCE: u16 = Kind::Workforce.bit();
pub const USER: u16 = Kind::User.bit();
pub const CONSOLE: u16 = Kind::Console.bit();
pub const HUB: u16 = Kind::Hub.bit();

pub const MACHINES: u16 = INSTANCE | FUNCTION | TASK;
pub const PEOPLE: u16 = WORKFORCE | USER | CONSOLE;
pub const TOOLS: u16 = WORKFORCE | USER | PIPELINE;

/// Whether the call changes anything, and whether it is a data event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Read,
    Write,
    DataRead,
    DataWrite,
}

/// Whether an event of the service is recorded in the region or in the partition's home region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    Regional,
    Global,
}

#[derive(Debug, Clone, Copy)]
pub struct Action {
    /// The service, without its suffix.
    pub source: &'static str,
    pub name: &'static str,
    pub class: Class,
    pub reach: Reach,
    pub actors: u16,
    pub weight: u32,
    /// JSON templates; empty for `null`.
    pub request: &'static str,
    pub response: &'static str,
    pub additional: &'static str,
    pub resources: &'static str,
    /// The service that acts, for [`SERVICE`] and [`FORWARD`].
    pub through: &'static str,
    /// How many in a thousand fail, with code and message (a template).
    pub failures: (u32, &'static str, &'static str),
}

pub const fn read(source: &'static str, name: &'static str) -> Action {
    action(source, name, Class::Read)
}

pub const fn write(source: &'static str, name: &'static str) -> Action {
    action(source, name, Class::Write)
}

pub const fn data_read(source: &'static str, name: &'static str) -> Action {
    action(source, name, Class::DataRead)
}

pub const fn data_write(source: &'static str, name: &'static str) -> Action {
    action(source, name, Class::DataWrite)
}

const fn action(source: &'static str, name: &'static str, class: Class) -> Action {
    Action {
        source,
        name,
        class,
        reach: Reach::Regional,
        actors: 0,
        weight: 1,
        request: "",
        response: "",
        additional: "",
        resources: "",
        through: "",
        failures: (0, "", ""),
    }
}

impl Action {
    pub const fn by(mut self, actors: u16, weight: u32) -> Action {
        self.actors = actors;
        self.weight = weight;
        self
    }

    pub const fn global(mut self) -> Action {
        self.reach = Reach::Global;
        self
    }

    pub const fn asks(mut self, request: &'static str) -> Action {
        self.request = request;
        self
    }

    pub const fn answers(mut self, response: &'static str) -> Action {
        self.response = response;
        self
    }

    pub const fn adds(mut self, additional: &'static str) -> Action {
        self.additional = additional;
        self
    }

    pub const fn on(mut self, resources: &'static str) -> Action {
        self.resources = resources;
        self
    }

    pub const fn through(mut self, service: &'static str) -> Action {
        self.through = service;
        self
    }

    pub const fn fails(
        mut self,
        permille: u32,
        code: &'static str,
        message: &'static str,
    ) -> Action {
        self.failures = (permille, code, message);
        self
    }
}
