//! Names that want to break out of a line, a tag or a lane, and instants beyond all calendars.

use std::collections::HashMap;

use keyline_lineage::picture::html::html;
use keyline_lineage::picture::layout::{LANES_LEFT, LANES_WIDTH, Scene, scene};
use keyline_lineage::picture::rows::rows;
use keyline_lineage::picture::svg::svg;
use keyline_lineage::picture::{Alert, Report, Section, Sheet, View};
use keyline_lineage::{
    Candidate, Certainty, Change, Credential, Effect, Expiry, Forest, Kind, LinkRule, Origin,
    Parent, Source, Stretch,
};
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

use super::world::{at, credential, hostile};
use super::{plain, view};

/// Tags that pictures are made of, and attributes that they carry.
const TAGS: &[&str] = &[
    "svg", "title", "style", "defs", "clipPath", "pattern", "path", "rect", "circle", "g", "text",
    "tspan", "html", "head", "meta", "body", "header", "main", "footer", "section", "figure", "h1",
    "h2", "p", "ul", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "small",
    "b", "em", "br", "span", "div",
];
const ATTRIBUTES: &[&str] = &[
    "xmlns",
    "class",
    "viewBox",
    "width",
    "height",
    "role",
    "aria-label",
    "id",
    "x",
    "y",
    "dx",
    "cx",
    "cy",
    "r",
    "d",
    "fill",
    "clip-path",
    "patternUnits",
    "text-anchor",
    "lang",
    "charset",
    "http-equiv",
    "content",
    "name",
    "scope",
    "style",
    "colspan",
];

/// Every tag is one of ours with attributes of ours, and no character hides, reorders or controls.
#[track_caller]
fn check_markup(markup: &str) {
    let hidden = markup.chars().find(|c| is_hostile(*c));
    assert_eq!(hidden, None, "{markup}");
    let mut rest = markup;
    while let Some(start) = rest.find('<') {
        let tag = &rest[start + 1..];
        let end = tag.find('>').expect("a tag that ends");
        let (tag, after) = (&tag[..end], &tag[end + 1..]);
        rest = after;
        if tag == "?xml version=\"1.0\" encoding=\"UTF-8\"?" || tag == "!DOCTYPE html" {
            continue;
        }
        let tag = tag.trim_start_matches('/').trim_end_matches('/');
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(TAGS.contains(&name), "<{tag}>");
        // Names stand before `="`, values hold no quote.
        for (at, piece) in attributes.split('"').enumerate() {
            if at % 2 == 0 && !piece.trim().is_empty() {
                let name = piece.trim().strip_suffix('=').expect("name=");
                assert!(ATTRIBUTES.contains(&name), "{name} in <{tag}>");
            }
        }
        // A style sheet is ours to the end.
        if name == "style" {
            let end = rest.find("</style>").expect("a style that ends");
            rest = &rest[end + "</style>".len()..];
        }
    }
    assert!(!rest.contains('<'));
}

#[track_caller]
fn check_tree(tree: &str, width: usize) {
    for line in tree.lines() {
        let hidden = line.chars().find(|c| is_hostile(*c));
        assert_eq!(hidden, None, "{line:?}");
        assert!(line.width() <= width, "{} columns: {line}", line.width());
    }
}

#[track_caller]
fn check_layout(scene: &Scene) {
    let inside = |x: f64| (LANES_LEFT - 0.01..=LANES_LEFT + LANES_WIDTH + 0.01).contains(&x);
    let mut bottom = None;
    for lane in &scene.lanes {
        assert!(
            bottom.is_none_or(|bottom| bottom <= lane.top),
            "lanes overlap"
        );
        bottom = Some(lane.top + lane.height);
        let mut right = f64::MIN;
        for bar in &lane.bars {
            assert!(
                inside(bar.left) && inside(bar.right) && bar.left <= bar.right,
                "{bar:?}"
            );
            assert!(bar.left >= right - 0.01, "bars overlap: {:?}", lane.bars);
            right = bar.right;
        }
        for column in &lane.uses {
            assert!(inside(column.left) && inside(column.right), "{column:?}");
            assert!(column.left <= column.right, "{column:?}");
            assert!((0.0..=1.0).contains(&column.height), "{column:?}");
            assert!(
                (0.0..=column.height + 1e-9).contains(&column.failed),
                "{column:?}"
            );
        }
        assert!(lane.marks.iter().all(|mark| inside(mark.x)));
        if let Some(thread) = lane.thread {
            assert!(
                inside(thread.x) && thread.from_y < thread.to_y,
                "{thread:?}"
            );
        }
    }
    assert!(bottom.is_none_or(|bottom| bottom <= scene.bottom + 0.01));
    assert!(scene.ticks.iter().all(|tick| inside(tick.x)));
    assert!(scene.ticks.len() <= 20, "{} ticks", scene.ticks.len());
}

fn is_hostile(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

fn check_all(forest: &Forest, as_of: i64, title: &str, alerts: &[Alert]) {
    let view = view(forest, as_of);
    for width in [40, 100, 200] {
        check_tree(&plain(&view, width), width);
    }
    let sheet = Sheet {
        title,
        alerts,
        span: None,
        to_see_all: "--all",
    };
    check_markup(&svg(&view, &sheet));
    let coverage = [(title.to_owned(), title.to_owned())];
    let section = Section {
        title: title.to_owned(),
        items: vec![(title.to_owned(), format!("{title}\n{title}"))],
    };
    let report = Report {
        sheet,
        coverage: &coverage,
        sections: &[section],
    };
    check_markup(&html(&view, &report));
    let limited = View {
        rows_max: 2,
        ..view
    };
    check_tree(&plain(&limited, 100), 100);
    let rows = rows(&view, &HashMap::new());
    check_layout(&scene(&view, &rows, alerts, None));
}

#[test]
fn names_do_not_break_out() {
    let forest = hostile();
    check_all(&forest, at("09:50"), "\u{202e}</title><script>", &[]);
    assert!(plain(&view(&forest, at("09:50")), 100).contains("ASIA<b>\\u{200f}&"));
}

/// Text from pieces that have broken other programs, and from anything.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<script>alert(1)</script>".to_owned()),
        Just("\"'><svg/onload=x>".to_owned()),
        Just("]]>--><!--".to_owned()),
        Just("</style></title></text>".to_owned()),
        Just("&lt;&#0;&amp".to_owned()),
        Just("\u{1b}[2J\u{7}\u{9b}31m".to_owned()),
        Just("\u{202e}\u{2066}\u{200f}\u{feff}\u{e0041}".to_owned()),
        Just("\u{0}\n\r\t\u{85}\u{2028}\u{fffe}".to_owned()),
        Just("a\u{301}\u{301}\u{301}\u{20dd}".to_owned()),
        Just("役割名".repeat(30)),
        Just("W".repeat(300)),
        Just("arn:aws:sts::111122223333:assumed-role/role/session".to_owned()),
        any::<String>(),
        "[A-Za-z0-9]{0,20}",
    ];
    proptest::collection::vec(piece, 0..3).prop_map(|pieces| pieces.concat())
}

fn instant() -> impl Strategy<Value = i64> {
    let day = at("12:00");
    prop_oneof![
        8 => (day - 86_400_000_000)..(day + 86_400_000_000),
        1 => any::<i64>(),
        1 => Just(i64::MIN),
        1 => Just(i64::MAX),
    ]
}

prop_compose! {
    fn anybody()(
        kind in proptest::sample::select(Kind::ALL),
        texts in proptest::array::uniform10(text()),
        instants in proptest::array::uniform6(proptest::option::of(instant())),
        counts in (0..4_u64, 0..4_u64, any::<u64>()),
        parent in proptest::option::of(0..12_usize),
        (keys, expiry, certainty) in (0..3_usize, 0..3_usize, 0..3_usize),
        changes in proptest::collection::vec((instant(), 0..5_usize), 0..4),
        uses in proptest::collection::vec((instant(), any::<u64>(), any::<u64>(), any::<u64>()), 0..6),
        length in prop_oneof![Just(0_i64), Just(3_600_000_000), any::<i64>()],
    ) -> (Credential, Option<usize>) {
        let [user, role, session, arn, account, key, agent, address, mfa, api] = texts;
        let mut one = credential("x", kind, &account);
        one.access_key_ids = (0..keys).map(|number| format!("{key}{number}")).collect();
        one.minted_key_id = (keys == 2).then(|| key.clone());
        one.principal_id.clone_from(&arn);
        one.principal_arn = arn;
        (one.user_name, one.role_arn, one.session_name) = (user, role, session.clone());
        one.source_identity = session;
        one.mfa_serial = mfa;
        one.issuing_api = api;
        [one.issued_at, one.expires_at, one.first_used, one.last_used, one.last_success, _] = instants;
        one.expiry = [Expiry::Exact, Expiry::Bounded, Expiry::None][expiry];
        (one.event_count, one.error_count) = (counts.0.wrapping_mul(counts.2), counts.1);
        one.uses = uses.into_iter().map(|(from, event_count, error_count, succeeded)| Stretch {
            from,
            length,
            event_count,
            error_count,
            succeeded,
        }).collect();
        one.origin = (keys == 1).then(|| Origin { kind: "ec2-instance", id: agent.clone() });
        one.parent_unknown_because = (keys == 0).then_some("it was issued before the first record");
        one.sources.push(Source { address, first_used: 0, last_used: 0, event_count: counts.2 });
        one.user_agents.push(agent.clone());
        let effects = [Effect::Revoked, Effect::Restored, Effect::Inactive, Effect::Active, Effect::Deleted, Effect::Altered];
        one.changes = changes.into_iter().map(|(at, effect)| Change {
            at,
            effect: effects[effect],
            by: agent.clone(),
            event_id: String::new(),
            by_credential: None,
        }).collect();
        one.parent = parent.map(|_| Parent {
            id: String::new(),
            certainty: [Certainty::Exact, Certainty::Inferred, Certainty::Ambiguous][certainty],
            rule: LinkRule::AccessKeyId,
            confidence: 0.5,
            candidates: (0..certainty).map(|_| Candidate { id: agent.clone(), confidence: 0.5 }).collect(),
        });
        (one, parent)
    }
}

prop_compose! {
    fn world()(people in proptest::collection::vec(anybody(), 0..12)) -> Forest {
        let credentials = people.into_iter().enumerate().map(|(at, (mut one, parent))| {
            one.id = format!("cr-{at}");
            // A parent has a smaller number: there is no cycle.
            match (&mut one.parent, parent) {
                (Some(link), Some(parent)) if at > 0 => link.id = format!("cr-{}", parent % at),
                _ => one.parent = None,
            }
            one
        });
        Forest::from_credentials(credentials.collect(), None)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_breaks_out(
        forest in world(),
        as_of in instant(),
        title in text(),
        alerted in proptest::collection::vec((0..12_usize, instant(), text()), 0..4),
    ) {
        let nodes: Vec<_> = forest.nodes().collect();
        let alerts: Vec<Alert> = alerted
            .into_iter()
            .filter_map(|(at, when, title)| {
                let node = *nodes.get(at)?;
                Some(Alert { node, at: when, severity: title.clone(), title })
            })
            .collect();
        check_all(&forest, as_of, &title, &alerts);
    }
}
