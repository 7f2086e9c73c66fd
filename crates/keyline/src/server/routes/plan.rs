//! `/api/contain/plan`: what would stop a tree. It is drawn up and shown; whoever carries it out approves exactly this
//! plan by its hash, at a terminal or on the page (`contain.rs`).

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use keyline_contain::Plan;
use keyline_lineage::liveness;

use super::answer;
use crate::server::App;
use crate::server::investigation::Investigation;
use crate::server::refusal::{Answer, Refusal};
use crate::server::who::Who;
use crate::server::wire::{PlanAnswer, PlanQuestion, PlanState};
use crate::units::parse_instant;

pub async fn plan(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    Json(question): Json<PlanQuestion>,
) -> Answer<Json<PlanAnswer>> {
    let desk = app.clone();
    let place = app.place(&who)?;
    answer(app, move |it| {
        let _place = place;
        let since = question
            .stolen_since
            .as_deref()
            .map(parse_instant)
            .transpose();
        let since = since.map_err(Refusal::bad)?;
        let plan = it.plan(question.target.trim().to_owned(), since, question.narrow)?;
        desk.desk.drew(&plan);
        Ok(answer_of(it, &plan, desk.desk.state(&plan)))
    })
    .await
}

/// A plan, with how many of its credentials work before and after it.
pub fn answer_of(it: &Investigation, plan: &Plan, state: PlanState) -> PlanAnswer {
    let document = plan.to_json();
    let credentials = document["credentials"].as_array().into_iter().flatten();
    let before = credentials
        .filter_map(|id| it.forest.by_id(id.as_str()?))
        .map(|node| it.forest.alone(node))
        .filter(|one| one.kind.is_usable() && liveness(one, it.as_of).state.is_alive())
        .count();
    let after = document["still_alive_after"].as_array().map_or(0, Vec::len);
    let hash = document["hash"].as_str().unwrap_or_default();
    PlanAnswer {
        before,
        after,
        markdown: plan.markdown(),
        script: plan.script(),
        command: format!(
            "keyline contain run {}.json --approve {hash}",
            plan.plan_id()
        ),
        plan: document,
        state,
    }
}
