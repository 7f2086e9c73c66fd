//! `/api/lineage/…`: the timeline of a tree, for the page to draw and to take away.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName};
use axum::response::IntoResponse;
use keyline_detect::incident::Incident;
use keyline_lineage::Node;
use keyline_lineage::picture::tree::{Colour, tree as drawn_tree};
use keyline_lineage::picture::words::full_id;
use keyline_lineage::picture::{
    Alert, Choice, Report, Section, Sheet, Similar, TreeOptions, View, html::html as drawn_html,
    svg::svg as drawn_svg,
};
use serde::Deserialize;

use super::{answer, blocking, credentials, incidents, investigation};
use crate::server::App;
use crate::server::investigation::Investigation;
use crate::server::lanes::{self, Question, ROWS_MAX, micros};
use crate::server::refusal::{Answer, Refusal};
use crate::server::wire::{Lanes, Millis};

/// Pixels of lanes when nobody says how many there are.
const PIXELS: f64 = 900.0;
/// Letters of a line of a tree.
const TREE_WIDTH: usize = 140;

#[derive(Deserialize)]
pub struct Wanted {
    from: Option<Millis>,
    to: Option<Millis>,
    px: Option<f64>,
    as_of: Option<Millis>,
    #[serde(default)]
    all: u8,
}

pub async fn lanes(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Answer<Json<Lanes>> {
    answer(app, move |it| {
        let about = About::find(it, &id)?;
        let span = wanted.from.zip(wanted.to);
        let span = span.filter(|(from, to)| from < to);
        Ok(lanes::lanes(&Question {
            forest: &it.forest,
            nodes: &about.nodes,
            root: about.root,
            title: about.title,
            as_of: wanted.as_of.map_or(it.as_of, micros),
            span: span.map(|(from, to)| (micros(from), micros(to))),
            pixels: wanted.px.unwrap_or(PIXELS),
            all: wanted.all != 0,
            alerts: &about.alerts,
        }))
    })
    .await
}

pub async fn svg(State(app): State<Arc<App>>, Path(id): Path<String>) -> Answer<impl IntoResponse> {
    file(app, id, "svg", "image/svg+xml", |it, about| {
        drawn_svg(&about.view(it), &about.sheet())
    })
    .await
}

pub async fn html(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Answer<impl IntoResponse> {
    file(app, id, "html", "text/html; charset=utf-8", |it, about| {
        let coverage = &it.coverage_lines();
        let sheet = about.sheet();
        drawn_html(
            &about.view(it),
            &Report {
                sheet,
                coverage,
                sections: &[],
            },
        )
    })
    .await
}

pub async fn tree(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Answer<impl IntoResponse> {
    file(app, id, "txt", "text/plain; charset=utf-8", |it, about| {
        let options = TreeOptions {
            width: TREE_WIDTH,
            colour: Colour::Plain,
            asked: Some(about.node),
            alerts: &it.alerts,
            to_see_all: "",
        };
        drawn_tree(&about.view(it), &options)
    })
    .await
}

/// An incident as one page to keep: the timeline of its tree with the alerts in words, the notes, and what was done.
pub async fn case(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Answer<impl IntoResponse> {
    let it = investigation(&app)?;
    blocking(move || {
        let incident = incidents::find(&it, &id)?;
        let root = incident.root_credential.as_deref().ok_or_else(|| {
            Refusal::not_found(
                "the incident has no tree: its alerts name no credential of these logs",
            )
        })?;
        let about = About::find(&it, root)?;
        let sections = sections(&app, &it, incident)?;
        let coverage = &it.coverage_lines();
        let sheet = Sheet {
            title: &incident.title,
            ..about.sheet()
        };
        let sections = &sections;
        let page = drawn_html(
            &about.view(&it),
            &Report {
                sheet,
                coverage,
                sections,
            },
        );
        let name = format!("keyline-{}.html", incident.incident_id);
        Ok((headers(&name, "text/html; charset=utf-8"), page))
    })
    .await
}

fn sections(app: &App, it: &Investigation, incident: &Incident) -> Answer<Vec<Section>> {
    let item = |name: &str, text: String| (name.to_owned(), text);
    let mut facts = vec![
        item("severity", incident.severity.name().to_owned()),
        item(
            "still works",
            format!(
                "{} of {} credentials",
                incident.live_credentials, incident.tree_credentials
            ),
        ),
        item(
            "alerts",
            format!("{} to {}", incident.first_event, incident.last_event),
        ),
    ];
    let standing = app.casebook.standings()?.remove(&incident.incident_id);
    let mut notes = Vec::new();
    if let Some(standing) = standing {
        let closed = standing.classification.map(|what| format!(" as {what}"));
        let status = standing.status + &closed.unwrap_or_default();
        facts.insert(
            0,
            item("incident", format!("{}, {status}", standing.number)),
        );
        let noted = standing.notes.into_iter();
        notes.extend(noted.map(|note| (format!("{} {}", note.at, note.by), note.text)));
    }
    let alerts = it.alerts_of(incident).into_iter().map(|alert| {
        let name = format!("{} {}", alert.start_time, alert.severity.name());
        let text = format!("{}\n{}", alert.title, alert.description.trim());
        (name, text)
    });
    let alerts = alerts.collect();
    let is_for = |target: &str| {
        target == incident.incident_id || Some(target) == incident.root_credential.as_deref()
    };
    let plans = app.desk.kept().into_iter();
    let plans = plans.filter(|plan| is_for(&plan.target)).map(|plan| {
        let by = |what: &str, who: Option<String>| {
            who.map(|who| format!(", {what} by {who}"))
                .unwrap_or_default()
        };
        let text = format!(
            "{}: {} of {} steps done{}{}{}",
            plan.headline,
            plan.done,
            plan.steps,
            by("approved", plan.approved_by),
            by("run", plan.run_by),
            match plan.verified_at {
                Some(at) => format!(", looked at {at}"),
                None => String::new(),
            },
        );
        (format!("plan {}", plan.plan_id), text)
    });
    let section = |title: &str, items: Vec<(String, String)>| Section {
        title: title.to_owned(),
        items,
    };
    let all = [
        section("The incident", facts),
        section("Alerts by time", alerts),
        section("Notes", notes),
        section("Containment", plans.collect()),
    ];
    Ok(all
        .into_iter()
        .filter(|one| !one.items.is_empty())
        .collect())
}

/// What a picture is about: a credential with what it came from and what it minted.
struct About {
    node: Node,
    root: Node,
    nodes: Vec<Node>,
    title: String,
    alerts: Vec<Alert>,
}

impl About {
    /// The whole tree of a credential.
    fn find(it: &Investigation, id: &str) -> Answer<About> {
        let node = credentials::find(it, id)?;
        let forest = &it.forest;
        // A service is the root of all that it minted, of which one line is meant.
        let is_service = |node: Node| forest.kind(node) == keyline_lineage::Kind::Service;
        let above = forest.ancestors(node).into_iter();
        let root = above.take_while(|node| !is_service(*node)).last();
        let root = root.unwrap_or(node);
        let nodes = it.tree(root);
        let shown: std::collections::HashSet<Node> = nodes.iter().copied().collect();
        let alerts = it.marks.iter().filter(|mark| shown.contains(&mark.node));
        Ok(About {
            node,
            root,
            title: format!("Lineage of {}", full_id(&forest.alone(root))),
            alerts: alerts.cloned().collect(),
            nodes,
        })
    }

    fn view<'a>(&'a self, it: &'a Investigation) -> View<'a> {
        View {
            forest: &it.forest,
            choice: Choice::Only(&self.nodes),
            as_of: it.as_of,
            similar: Similar::Fold,
            rows_max: ROWS_MAX,
        }
    }

    fn sheet(&self) -> Sheet<'_> {
        Sheet {
            title: &self.title,
            alerts: &self.alerts,
            span: None,
            to_see_all: "",
        }
    }
}

type Headers = [(HeaderName, String); 3];

/// A picture as a file to keep. It may hold styles and nothing that runs.
async fn file(
    app: Arc<App>,
    id: String,
    ending: &'static str,
    kind: &'static str,
    draw: impl FnOnce(&Investigation, &About) -> String + Send + 'static,
) -> Answer<(Headers, String)> {
    let it = investigation(&app)?;
    blocking(move || {
        let about = About::find(&it, &id)?;
        let name = format!("keyline-{}.{ending}", it.forest.id(about.root));
        Ok((headers(&name, kind), draw(&it, &about)))
    })
    .await
}

fn headers(name: &str, kind: &str) -> Headers {
    [
        (CONTENT_TYPE, kind.to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
        (
            CONTENT_SECURITY_POLICY,
            "sandbox; default-src 'none'; style-src 'unsafe-inline'".to_owned(),
        ),
    ]
}
