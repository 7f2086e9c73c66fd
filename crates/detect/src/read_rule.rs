//! One YAML document to one rule, as rules are found in the wild.
//!
//! Unknown keys are passed over: Azure-Sentinel adds some every year. A known key of the wrong type
//! is reported: the author meant something. The query is not looked into here.

use crate::duration::{self, TICKS_PER_DAY, TICKS_PER_MINUTE};
use crate::entity;
use crate::problem::{Position, Problem, Severity};
use crate::query_text::QueryText;
use crate::rule::{
    AlertSeverity, Connector, EntityMapping, Grouping, KeylineKeys, Kind, Overrides, Places, Rule,
    Trigger, TriggerOperator, tactic_name, technique_id,
};
use crate::yaml::Node;

/// What a document turned out to be.
pub enum Document {
    Rule(Box<Rule>, Vec<Problem>),
    /// Meant as the rule of that id, but nothing can be made of it.
    Broken(String, Vec<Problem>, Option<Box<Rule>>),
    /// Something else, with the reason.
    PassedOver(&'static str),
}

pub fn read_rule(document: &Node, file: &str, file_text: &str) -> Document {
    if document.mapping().is_none() {
        return Document::PassedOver("not a mapping");
    }
    let is_parser = ["ParserQuery", "ParserName", "FunctionQuery", "FunctionName"];
    if is_parser.iter().any(|key| document.get(key).is_some()) {
        return Document::PassedOver("a parser");
    }
    let Some(query) = document.get("query") else {
        return Document::PassedOver("no `query`");
    };
    let mut reader = Reader {
        file,
        problems: Vec::new(),
    };
    let id = document
        .get("id")
        .and_then(Node::text)
        .map(str::trim)
        .unwrap_or_default();
    if id.is_empty() {
        return Document::PassedOver("no `id`");
    }
    let Some(query_text) = QueryText::new(query, file_text) else {
        reader.wrong(query, "query", "text");
        return Document::Broken(id.to_string(), reader.problems, None);
    };
    if query_text.text.trim().is_empty() {
        reader.report(query.position, Severity::Error, "`query` is empty");
        return Document::Broken(id.to_string(), reader.problems, None);
    }
    let rule = reader.rule(document, id, query, query_text);
    match reader.problems.iter().any(Problem::is_fatal) {
        true => Document::Broken(id.to_string(), reader.problems, Some(Box::new(rule))),
        false => Document::Rule(Box::new(rule), reader.problems),
    }
}

struct Reader<'a> {
    file: &'a str,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn rule(&mut self, document: &Node, id: &str, query: &Node, query_text: QueryText) -> Rule {
        let name = self.text(document, "name").unwrap_or_else(|| {
            self.report(
                document.position,
                Severity::Warning,
                "the rule has no `name`",
            );
            id.to_string()
        });
        let kind = self.kind(document);
        let (frequency, period) = self.schedule(document);
        let place = |key: &str| {
            document
                .get(key)
                .map_or(document.position, |node| node.position)
        };
        Rule {
            id: id.to_string(),
            name,
            description: unquote(&self.text(document, "description").unwrap_or_default()),
            kind,
            severity: self.severity(document),
            tactics: self.tactics(document),
            techniques: self.techniques(document),
            connectors: self.connectors(document),
            query: query_text,
            frequency,
            period,
            trigger: self.trigger(document),
            suppression: self.suppression(document),
            grouping: self.grouping(document),
            entity_mappings: self.entity_mappings(document),
            custom_details: self.custom_details(document),
            overrides: self.overrides(document),
            version: self.text(document, "version"),
            status: self.text(document, "status"),
            keyline: self.keyline(document),
            file: self.file.to_string(),
            position: document.position,
            places: Places {
                query: query.position,
                entity_mappings: place("entityMappings"),
                custom_details: place("customDetails"),
                overrides: place("alertDetailsOverride"),
                frequency: place("queryFrequency"),
                period: place("queryPeriod"),
            },
        }
    }

    fn kind(&mut self, document: &Node) -> Kind {
        let has_schedule = ["queryFrequency", "queryPeriod", "triggerOperator"]
            .iter()
            .any(|key| document.get(key).is_some_and(|node| !node.is_null()));
        let derived = if has_schedule {
            Kind::Scheduled
        } else {
            Kind::Hunting
        };
        let Some(text) = self.text(document, "kind") else {
            return derived;
        };
        match text.to_ascii_lowercase().as_str() {
            "scheduled" => Kind::Scheduled,
            "nrt" => Kind::Nrt,
            "hunting" | "huntingquery" => Kind::Hunting,
            _ => {
                let message = format!("unknown kind `{text}`: expected `Scheduled` or `NRT`");
                self.report(place(document, "kind"), Severity::Warning, message);
                derived
            }
        }
    }

    fn severity(&mut self, document: &Node) -> Option<AlertSeverity> {
        let text = self.text(document, "severity")?;
        let severity = AlertSeverity::from_name(&text);
        if text.trim().eq_ignore_ascii_case("critical") {
            let message = "`Critical` is no severity of Sentinel's: `High` is used";
            self.report(place(document, "severity"), Severity::Warning, message);
        }
        if severity.is_none() {
            let message = format!("unknown severity `{text}`");
            let help =
                "severities are `High`, `Medium`, `Low` and `Informational`; `Medium` is used";
            self.push(
                place(document, "severity"),
                Severity::Warning,
                message,
                help,
            );
        }
        severity
    }

    fn tactics(&mut self, document: &Node) -> Vec<String> {
        let mut tactics: Vec<String> = Vec::new();
        for (text, at) in self.texts(document, "tactics") {
            match tactic_name(&text) {
                Some(name) if tactics.iter().any(|known| known == name) => {}
                Some(name) => tactics.push(name.to_string()),
                None => self.report(at, Severity::Warning, format!("unknown tactic `{text}`")),
            }
        }
        tactics
    }

    fn techniques(&mut self, document: &Node) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        for key in ["relevantTechniques", "techniques", "subTechniques"] {
            for (text, at) in self.texts(document, key) {
                match technique_id(&text) {
                    Some(id) if ids.contains(&id) => {}
                    Some(id) => ids.push(id),
                    None => {
                        let message = format!("`{text}` is no technique: expected `T1078`");
                        self.report(at, Severity::Warning, message);
                    }
                }
            }
        }
        ids
    }

    fn connectors(&mut self, document: &Node) -> Vec<Connector> {
        let mut connectors = Vec::new();
        for item in self.items(document, "requiredDataConnectors") {
            if item.mapping().is_none() {
                self.wrong(item, "requiredDataConnectors", "mappings");
                continue;
            }
            let id = self.text(item, "connectorId").unwrap_or_default();
            let data_types = self
                .texts(item, "dataTypes")
                .into_iter()
                .map(|(text, _)| text);
            connectors.push(Connector {
                id,
                data_types: data_types.collect(),
            });
        }
        connectors
    }

    /// Frequency and period, with Sentinel's own bounds as warnings: rules outside them run here.
    fn schedule(&mut self, document: &Node) -> (Option<i64>, Option<i64>) {
        let frequency = self.duration(document, "queryFrequency");
        let period = self.duration(document, "queryPeriod");
        let bounds = 5 * TICKS_PER_MINUTE..=14 * TICKS_PER_DAY;
        for (key, ticks) in [("queryFrequency", frequency), ("queryPeriod", period)] {
            let Some(ticks) = ticks else { continue };
            if !bounds.contains(&ticks) {
                let length = duration::format(ticks);
                let message = format!("`{key}` is {length}: Sentinel takes 5m to 14d");
                self.report(place(document, key), Severity::Warning, message);
            }
        }
        if let (Some(frequency), Some(period)) = (frequency, period)
            && frequency > period
        {
            let message = format!(
                "`queryFrequency` {} is longer than `queryPeriod` {}: events between are not seen",
                duration::format(frequency),
                duration::format(period)
            );
            self.report(
                place(document, "queryFrequency"),
                Severity::Warning,
                message,
            );
        }
        (frequency, period)
    }

    fn trigger(&mut self, document: &Node) -> Trigger {
        let mut trigger = Trigger::ANY_ROW;
        if let Some(text) = self.text(document, "triggerOperator") {
            match TriggerOperator::from_name(&text) {
                Some(operator) => trigger.operator = operator,
                None => {
                    let message = format!("unknown trigger operator `{text}`");
                    let help = "operators are `gt`, `lt`, `eq` and `ne`";
                    self.push(
                        place(document, "triggerOperator"),
                        Severity::Error,
                        message,
                        help,
                    );
                }
            }
        }
        if let Some(text) = self.text(document, "triggerThreshold") {
            match text.trim().parse() {
                Ok(threshold) => trigger.threshold = threshold,
                Err(_) => {
                    let message = format!("`triggerThreshold` is `{text}`: expected a number");
                    self.report(
                        place(document, "triggerThreshold"),
                        Severity::Error,
                        message,
                    );
                }
            }
        }
        trigger
    }

    fn suppression(&mut self, document: &Node) -> Option<i64> {
        let enabled = document
            .get("suppressionEnabled")
            .filter(|node| !node.is_null())?;
        match enabled.truth() {
            None => {
                self.wrong(enabled, "suppressionEnabled", "`true` or `false`");
                None
            }
            Some(false) => None,
            Some(true) => match self.duration(document, "suppressionDuration") {
                Some(ticks) => Some(ticks),
                None => {
                    let message = "`suppressionEnabled` is set without a `suppressionDuration`";
                    self.report(enabled.position, Severity::Warning, message);
                    None
                }
            },
        }
    }

    fn grouping(&mut self, document: &Node) -> Option<Grouping> {
        let settings = self.mapping(document, "eventGroupingSettings")?;
        let text = self.text(settings, "aggregationKind")?;
        match text.to_ascii_lowercase().as_str() {
            "singlealert" => Some(Grouping::SingleAlert),
            "alertperresult" => Some(Grouping::AlertPerResult),
            _ => {
                let message = format!("unknown `aggregationKind` `{text}`");
                let help = "kinds are `SingleAlert` and `AlertPerResult`";
                self.push(settings.position, Severity::Warning, message, help);
                None
            }
        }
    }

    fn entity_mappings(&mut self, document: &Node) -> Vec<EntityMapping> {
        let mut mappings = Vec::new();
        for item in self.items(document, "entityMappings") {
            if item.mapping().is_none() {
                self.wrong(item, "entityMappings", "mappings");
                continue;
            }
            let Some(written) = self.text(item, "entityType") else {
                let message = "an entity mapping has no `entityType`";
                self.report(item.position, Severity::Warning, message);
                continue;
            };
            let entity_type = match entity::type_name(&written) {
                Some(name) => name.to_string(),
                None => {
                    let message = format!("`{written}` is not an entity type of Sentinel");
                    self.report(place(item, "entityType"), Severity::Warning, message);
                    written
                }
            };
            let mut fields = Vec::new();
            for field in self.items(item, "fieldMappings") {
                let identifier = self.text(field, "identifier");
                let column = self.text(field, "columnName");
                let (Some(identifier), Some(column)) = (identifier, column) else {
                    let message = "a field mapping needs an `identifier` and a `columnName`";
                    self.report(field.position, Severity::Warning, message);
                    continue;
                };
                if !entity::is_identifier(&entity_type, &identifier) {
                    let message = format!(
                        "`{identifier}` is not an identifier of the entity `{entity_type}`"
                    );
                    self.report(field.position, Severity::Warning, message);
                }
                fields.push((identifier, column));
            }
            mappings.push(EntityMapping {
                entity_type,
                fields,
            });
        }
        mappings
    }

    fn custom_details(&mut self, document: &Node) -> Vec<(String, String)> {
        let Some(node) = self.mapping(document, "customDetails") else {
            return Vec::new();
        };
        let mut details = Vec::new();
        for (key, value) in node.mapping().unwrap_or_default() {
            match (key.text(), value.text()) {
                (Some(key), Some(column)) => details.push((key.to_string(), column.to_string())),
                _ => self.wrong(value, "customDetails", "column names"),
            }
        }
        details
    }

    fn overrides(&mut self, document: &Node) -> Overrides {
        let Some(node) = self.mapping(document, "alertDetailsOverride") else {
            return Overrides::default();
        };
        let mut properties = Vec::new();
        for item in self.items(node, "alertDynamicProperties") {
            match (self.text(item, "alertProperty"), self.text(item, "value")) {
                (Some(property), Some(column)) => properties.push((property, column)),
                _ => {
                    let message = "a dynamic property needs an `alertProperty` and a `value`";
                    self.report(item.position, Severity::Warning, message);
                }
            }
        }
        Overrides {
            title: self.text(node, "alertDisplayNameFormat"),
            description: self.text(node, "alertDescriptionFormat"),
            severity_column: self
                .text(node, "alertSeverityColumnName")
                .or_else(|| self.text(node, "alertSeverityColumn")),
            tactics_column: self
                .text(node, "alertTacticsColumnName")
                .or_else(|| self.text(node, "alertTacticsColumn")),
            properties,
        }
    }

    fn keyline(&mut self, document: &Node) -> KeylineKeys {
        let Some(node) = self.mapping(document, "keyline") else {
            return KeylineKeys::default();
        };
        let mut texts = |key: &str| -> Vec<String> {
            let texts = self.texts(node, key).into_iter();
            texts.map(|(text, _)| text).collect()
        };
        KeylineKeys {
            access_key_columns: texts("accessKeyColumns"),
            analytics: texts("analytics"),
            false_positives: texts("falsePositives"),
            references: texts("references"),
            evasions: texts("evasions"),
        }
    }

    fn text(&mut self, node: &Node, key: &str) -> Option<String> {
        let value = node.get(key).filter(|value| !value.is_null())?;
        let text = value.text().map(|text| text.trim().to_string());
        if text.is_none() {
            self.wrong(value, key, "text");
        }
        text.filter(|text| !text.is_empty())
    }

    /// A list of texts; one text alone counts as a list of one.
    fn texts(&mut self, node: &Node, key: &str) -> Vec<(String, Position)> {
        let mut texts = Vec::new();
        for item in self.items(node, key) {
            match item.text() {
                Some(_) if item.is_null() => {}
                Some(text) => texts.push((text.trim().to_string(), item.position)),
                None => self.wrong(item, key, "texts"),
            }
        }
        texts
    }

    fn items<'n>(&mut self, node: &'n Node, key: &str) -> &'n [Node] {
        match node.get(key).filter(|value| !value.is_null()) {
            None => &[],
            Some(value) => match value.sequence() {
                Some(items) => items,
                None if value.text().is_some() => std::slice::from_ref(value),
                None => {
                    self.wrong(value, key, "a list");
                    &[]
                }
            },
        }
    }

    fn mapping<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n Node> {
        let value = node.get(key).filter(|value| !value.is_null())?;
        if value.mapping().is_none() {
            self.wrong(value, key, "a mapping");
            return None;
        }
        Some(value)
    }

    fn duration(&mut self, node: &Node, key: &str) -> Option<i64> {
        let text = self.text(node, key)?;
        let ticks = duration::parse(&text).filter(|ticks| *ticks > 0);
        if ticks.is_none() {
            let message = format!("`{key}` is `{text}`: expected a length of time");
            self.push(
                place(node, key),
                Severity::Error,
                message,
                "write `1d`, `5h`, `PT5H`",
            );
        }
        ticks
    }

    fn wrong(&mut self, node: &Node, key: &str, expected: &str) {
        let message = format!("`{key}` holds {}: expected {expected}", node.kind());
        let severity = match key {
            "query" => Severity::Error,
            _ => Severity::Warning,
        };
        self.report(node.position, severity, message);
    }

    fn report(&mut self, at: Position, severity: Severity, message: impl Into<String>) {
        self.problems
            .push(Problem::new(self.file, at, severity, message));
    }

    fn push(&mut self, at: Position, severity: Severity, message: String, help: &str) {
        self.problems
            .push(Problem::new(self.file, at, severity, message).with_help(help));
    }
}

fn place(node: &Node, key: &str) -> Position {
    node.get(key).map_or(node.position, |value| value.position)
}

/// Azure-Sentinel writes descriptions in quotes inside a block scalar; the portal shows none.
fn unquote(text: &str) -> String {
    let text = text.trim();
    let inner = text
        .strip_prefix('\'')
        .and_then(|inner| inner.strip_suffix('\''));
    inner.unwrap_or(text).trim().to_string()
}
