//! A seeded AWS organisation that writes CloudTrail: ordinary days, and stories of attacks in them.
//!
//! In: a [`Config`] with a seed. Out: records, singly ([`benign`]) or as the files that a trail
//! would deliver ([`Simulation::files`]), always the same for the same config. It makes the data of
//! tests, of the demo and of the benchmark. It does not compress, write, read a clock, or contain
//! anything from a real account.
//!
//! ```text
//! Config → organisation → Simulation ─ file(n) → File { path, text }
//!                                    └ events(n) → Event { time, account, region, json }
//! ```

pub mod organisation;

pub mod address;
pub mod behaviours;
pub mod files;
pub mod identity;
pub mod limits;
pub mod record;
pub mod stage;
pub mod stories;
pub mod traffic;

pub mod clock;
pub mod ids;
pub mod random;

pub use address::ip_ranges_json;
pub use files::{Delivery, Event, File, Habits, Simulation, benign};
pub use organisation::Config;
pub use stories::{Story, Told};
