//! What is valid KQL and does not run here: why not, and what to write in its place.
//!
//! In: the name of an operator, function or plugin that the checker reports as unsupported. Out: the
//! help that goes with the report. Deliberately not here: which names those are, which the tables of
//! signatures, operators and plugins say.

/// An operator: `T | fork (…) (…)`.
pub(crate) fn operator(name: &str) -> Option<&'static str> {
    Some(match name {
        "fork" => {
            "it yields a table for each branch, and a query has one result here: ask once for each \
             branch, and keep what they share in a `let`"
        }
        "facet" => {
            "it yields a table for each column, and a query has one result here: ask for each column \
             by itself, as in `summarize count() by a`"
        }
        "consume" => "it yields nothing: leave it away, or write `count`",
        "macro-expand" => {
            "there are no other clusters and databases here: write the query once, over a `union` of \
             the tables"
        }
        "execute-and-cache" => {
            "results are not kept here: leave it away; within a query `materialize(…)` runs a table once"
        }
        "graph-where-nodes" | "graph-where-edges" | "graph-merge" => {
            "choose the rows before `make-graph`, or in the `where` of `graph-match`"
        }
        "inline_external_table" => "files are read by `externaldata (a: string) [@'file.csv']`",
        "__partitionby" => "write `partition by`",
        _ => return None,
    })
}

/// A function: `database('d').T`.
pub(crate) fn function(name: &str) -> Option<&'static str> {
    Some(match name {
        "cluster" | "database" | "entity_group" => {
            "there are no other clusters and databases here: write the table's name alone"
        }
        "external_table" => "files are read by `externaldata (a: string) [@'file.csv']`",
        "materialized_view" | "stored_query_result" => {
            "no results are stored here: write the query that they came of, in a `let`"
        }
        "graph" => "no graphs are stored here: build one with `make-graph`",
        "table" => "it stands where a table does, as in `union table('T')`",
        "current_principal" | "current_principal_details" | "current_principal_is_member_of" => {
            "nobody is signed in here: compare with the name itself"
        }
        "current_cluster_endpoint" | "current_database" | "current_node_id" => {
            "there is no cluster here: leave it away, or write its name as a text"
        }
        "cursor_after"
        | "cursor_before_or_at"
        | "cursor_current"
        | "current_cursor"
        | "extent_id"
        | "extentid"
        | "extent_tags"
        | "row_id"
        | "rowstore_ordinal_range" => {
            "it tells how a cluster stores rows; what is new is found by its time, as in \
             `where TimeGenerated > ago(1h)`"
        }
        "geo_info_from_ip_address" => {
            "it needs a table of places by address: with one of your own, write \
             `evaluate ipv4_lookup(Places, Address, Network)`"
        }
        "hll_isvalid" | "tdigest_isvalid" => {
            "what `hll()` and `tdigest()` make here is always valid: leave the check away"
        }
        _ => return None,
    })
}

/// A plugin: `evaluate python(…)`.
pub(crate) fn plugin(name: &str) -> Option<&'static str> {
    Some(match name {
        "python" | "r" | "csharp" | "spark" => {
            "programs of other languages are not run: most of it is done by the language's own \
             functions, such as `series_decompose_anomalies()` and `make-series`"
        }
        "diffpatterns_text" => "write `evaluate diffpatterns(…)`",
        "funnel_sequence" => {
            "write `evaluate funnel_sequence_completion(…)`, which yields one table"
        }
        "preview" => {
            "it yields two tables, and a query has one result here: write `take` or `count`"
        }
        "identity" | "identity_v3" => "it yields its input: leave it away",
        "estimate_rows_count" => "write `count`",
        "execute_query" | "execute_show_command" | "schema_merge" | "stored_query" => {
            "there is no cluster here that could be asked"
        }
        _ if name.ends_with("_request") || name.contains("request_") || name.starts_with("ai_") => {
            SERVICES
        }
        "external_datatable" | "infer_storage_schema" | "infer_storage_schema_with_suggestions" => {
            SERVICES
        }
        _ => return None,
    })
}

const SERVICES: &str = "a query asks no service here: fetch the data first, and read the file with \
                        `externaldata (a: string) [@'file.csv']`";
