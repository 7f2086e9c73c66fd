//! The binary as its users meet it: commands in, output, exit codes and messages out.

#![allow(clippy::unwrap_used)]

mod support;
#[path = "../../../contain/tests/it/python.rs"]
mod python;

mod usage;
mod bad_input;
mod querying;
mod serving;
mod serving_people;
mod serving_oidc;
#[path = "../../../oidc/tests/it/provider.rs"]
mod provider;
mod hunting;
mod sending;
#[path = "../../../sinks/tests/it/receiver.rs"]
mod receiver;
#[cfg(feature = "lake")]
mod lake;
#[cfg(feature = "lake")]
mod serving_lake;
#[cfg(feature = "lake")]
mod watch;
mod lineage;
mod contain;
mod contain_real;
#[cfg(feature = "aws")]
#[path = "../../../contain/tests/it/emulator.rs"]
mod emulator;
#[cfg(feature = "aws")]
#[path = "../../../source/tests/it/proxy.rs"]
mod proxy;
#[cfg(all(feature = "aws", feature = "lake"))]
mod sources;
#[cfg(all(feature = "aws", feature = "lake"))]
mod sources_watched;
#[cfg(feature = "aws")]
mod carrying_out;
mod stories;
