//! `/api/contain/…`: kept plans, and what is done with them; `/api/me`: who asks, and what can be done at all.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};

use super::plan::answer_of;
use super::{answer, blocking};
use crate::server::App;
use crate::server::refusal::Answer;
use crate::server::who::Who;
use crate::server::wire::{
    ApproveQuestion, KeptPlans, Me, PlanAnswer, PlanState, RunQuestion, UndoAnswer, UndoQuestion,
};

pub async fn me(State(app): State<Arc<App>>, Extension(who): Extension<Who>) -> Json<Me> {
    let why_not = app.desk.why_not();
    Json(Me {
        name: who.name,
        role: who.role.name().to_owned(),
        signed_in: app.guard.asks(),
        containment: why_not.is_none(),
        why_not: why_not.map(str::to_owned),
        two_persons: app.desk.two_persons,
        rule_edit: app.rule_folder.is_some(),
    })
}

pub async fn plans(State(app): State<Arc<App>>) -> Answer<Json<KeptPlans>> {
    let plans = blocking(move || Ok(app.desk.kept())).await?;
    Ok(Json(KeptPlans { plans }))
}

pub async fn plan(State(app): State<Arc<App>>, Path(id): Path<String>) -> Answer<Json<PlanAnswer>> {
    let desk = app.clone();
    answer(app, move |it| {
        let plan = desk.desk.plan(&id)?;
        Ok(answer_of(it, &plan, desk.desk.state(&plan)))
    })
    .await
}

pub async fn approve(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    Json(asked): Json<ApproveQuestion>,
) -> Answer<Json<PlanState>> {
    blocking(move || app.approve(&who, &asked.plan_id, &asked.hash))
        .await
        .map(Json)
}

pub async fn run(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    Path(id): Path<String>,
    Json(asked): Json<RunQuestion>,
) -> Answer<Json<PlanState>> {
    blocking(move || app.run_plan(&who, &id, asked.confirm))
        .await
        .map(Json)
}

pub async fn stop(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    Path(id): Path<String>,
) -> Answer<Json<PlanState>> {
    blocking(move || app.stop_plan(&who, &id)).await.map(Json)
}

pub async fn verify(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    Path(id): Path<String>,
) -> Answer<Json<PlanState>> {
    blocking(move || app.verify_plan(&who, &id)).await.map(Json)
}

pub async fn undo(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    Path(id): Path<String>,
    Json(asked): Json<UndoQuestion>,
) -> Answer<Json<UndoAnswer>> {
    blocking(move || app.undo_step(&who, &id, &asked.step, asked.force))
        .await
        .map(Json)
}
