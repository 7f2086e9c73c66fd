//! The product's own reader takes simulated files whole and finds nothing wrong with them.

use std::ops::ControlFlow;

use keyline_simulate::{Config, Habits, Simulation, stories};
use keyline_trail::{ProblemKind, ReadOptions, Reader};

#[track_caller]
fn check(simulation: &Simulation) {
    let mut reader = Reader::new(&ReadOptions::default());
    let mut rows = 0;
    let mut told = 0;
    for file in simulation.files() {
        // One story has a record that no reader of this format knows.
        let strange = file.text.matches("\"eventVersion\":\"2.").count();
        told += file.events - strange as u64;
        let report = reader.read(file.text.as_bytes(), &mut |batch| {
            rows += batch.rows.num_rows() as u64;
            ControlFlow::Continue(())
        });
        assert_eq!(
            report.problems.iter().count(),
            strange,
            "{}: {report:?}",
            file.path
        );
        assert_eq!(
            report.problems.count(ProblemKind::UnknownVersion),
            strange as u64
        );
    }
    let _ = reader.finish(&mut |batch| {
        rows += batch.rows.num_rows() as u64;
        ControlFlow::Continue(())
    });
    assert_eq!(rows, told);
}

#[test]
fn ordinary_days() {
    let config = Config {
        seed: 11,
        events: 3_000,
        start: 1_791_936_000,
        days: 2,
        accounts: 4,
    };
    check(&Simulation::new(config));
}

#[test]
fn habits() {
    let config = Config {
        seed: 12,
        events: 500,
        start: 1_791_936_000,
        days: 14,
        accounts: 3,
    };
    check(&Simulation::new(config).with_habits(Habits::With));
}

#[test]
fn every_story() {
    for story in stories::ALL {
        check(&(story.tell)(3).simulation);
    }
}
