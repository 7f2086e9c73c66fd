//! The report: self-contained, and what it says.

use keyline_lineage::picture::html::html;
use keyline_lineage::picture::{Report, Sheet};

use super::world::{alerts_of_the_stolen_key, at, busy, stolen_key};
use super::{text_of, view};

fn report_of(forest: &keyline_lineage::Forest, when: &str) -> String {
    let alerts = match forest.by_id("cr-akiaiosfodnn7example") {
        Some(_) => alerts_of_the_stolen_key(forest),
        None => Vec::new(),
    };
    let coverage = [("files".to_owned(), "6".to_owned())];
    let report = Report {
        sheet: Sheet {
            title: "What was stolen",
            alerts: &alerts,
            span: None,
            to_see_all: "--all",
        },
        coverage: &coverage,
        sections: &[],
    };
    html(&view(forest, at(when)), &report)
}

#[test]
fn needs_nothing_but_itself() {
    let page = report_of(&stolen_key(), "12:49");
    assert!(
        page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\"")
    );
    for outside in [
        "<script", "<link", "<img", "@import", "src=", "href=", "url(http",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
    // The only addresses are names of XML.
    let addresses = page.matches("http").count() - page.matches("http-equiv").count();
    assert_eq!(
        addresses,
        page.matches("http://www.w3.org/2000/svg").count()
    );
}

#[test]
fn says_what_works_first() {
    let texts = text_of(&report_of(&stolen_key(), "12:49"));
    assert_eq!(
        texts[..6],
        [
            "Keyline · credential lineage",
            "What was stolen",
            "5 of 9",
            "credentials work at 2026-10-14 12:49 UTC",
            "7",
            "with an alarm or an alert"
        ]
    );
}

#[test]
fn says_why_and_how_surely() {
    let texts = text_of(&report_of(&stolen_key(), "12:49"));
    for expected in [
        "AKIA…7EXAMPLE deactivated 12:41: iam:UpdateAccessKey by secops",
        "one of 2 candidates, 48 % sure",
        "the call that minted it was made with this key",
        "a call made with the parent created it",
        "Unusual number of objects read",
        "203.0.113.7",
        "no MFA",
    ] {
        assert!(
            texts.iter().any(|text| text == expected),
            "{expected}: {texts:#?}"
        );
    }
    let texts = text_of(&report_of(&busy(), "16:45"));
    for expected in [
        "1 credential without a known parent: it was issued before the first record.",
        "4 working credentials of which only the latest possible end is known: the records do not say when they end.",
        "… 44 more sessions of role web-fleet",
        "2,794",
    ] {
        assert!(
            texts.iter().any(|text| text == expected),
            "{expected}: {texts:#?}"
        );
    }
}
