//! temp
use crate::support::*;
use keyline_engine::{Evaluation, rows};
use keyline_kql::checked::*;
use keyline_kql::schema::Column;
use keyline_kql::span::Span;
use keyline_kql::types::{Type, Value};
use std::sync::Arc;

fn e(kind: ExprKind, ty: Type) -> Expr {
    Expr {
        kind,
        ty,
        span: Span::default(),
    }
}
fn c(n: &str, ty: Type) -> Expr {
    e(ExprKind::Column(n.into()), ty)
}
fn rel(op: Op, columns: Vec<Column>) -> Arc<Rel> {
    Arc::new(Rel {
        op,
        columns,
        serialized: false,
        span: Span::default(),
    })
}

#[test]
fn smoke() {
    let t = rel(
        Op::Table {
            name: "AWSCloudTrail".into(),
        },
        columns(),
    );
    let f = rel(
        Op::Filter {
            input: t.clone(),
            predicate: e(
                ExprKind::Call {
                    function: "and",
                    args: vec![
                        e(
                            ExprKind::Call {
                                function: "==",
                                args: vec![
                                    c("EventName", Type::String),
                                    e(
                                        ExprKind::Literal(Value::String("GetObject".into())),
                                        Type::String,
                                    ),
                                ],
                            },
                            Type::Bool,
                        ),
                        e(
                            ExprKind::Call {
                                function: "between",
                                args: vec![
                                    c("TimeGenerated", Type::DateTime),
                                    e(
                                        ExprKind::Literal(Value::DateTime(START + 5)),
                                        Type::DateTime,
                                    ),
                                    e(
                                        ExprKind::Literal(Value::DateTime(START + 1000 * MINUTE)),
                                        Type::DateTime,
                                    ),
                                ],
                            },
                            Type::Bool,
                        ),
                    ],
                },
                Type::Bool,
            ),
        },
        columns(),
    );
    let mut out = columns();
    out.extend([
        Column::new("EventName1", Type::String),
        Column::new("AwsEventId1", Type::String),
    ]);
    let mut output: Vec<JoinColumn> = columns()
        .iter()
        .map(|c| JoinColumn {
            side: Side::Left,
            source: c.name.clone(),
            name: c.name.clone(),
        })
        .collect();
    output.extend(["EventName", "AwsEventId"].map(|n| JoinColumn {
        side: Side::Right,
        source: n.into(),
        name: format!("{n}1"),
    }));
    let j = rel(
        Op::Join(Join {
            kind: JoinKind::InnerUnique,
            left: t,
            right: f,
            on: vec![(
                c("SourceIpAddress", Type::String),
                c("SourceIpAddress", Type::String),
            )],
            output,
        }),
        out.clone(),
    );
    let s = rel(
        Op::Summarize {
            input: j,
            by: vec![NamedExpr {
                name: "EventName1".into(),
                expr: c("EventName1", Type::String),
            }],
            aggregates: vec![
                NamedAggregate {
                    names: vec!["TimeGenerated".into(), "AwsEventId".into()],
                    function: "arg_max",
                    args: vec![
                        c("TimeGenerated", Type::DateTime),
                        c("AwsEventId", Type::String),
                    ],
                    types: vec![Type::DateTime, Type::String],
                    span: Span::default(),
                },
                NamedAggregate {
                    names: vec!["n".into()],
                    function: "count",
                    args: vec![],
                    types: vec![Type::Long],
                    span: Span::default(),
                },
                NamedAggregate {
                    names: vec!["m".into()],
                    function: "dcount",
                    args: vec![c("AwsEventId1", Type::String)],
                    types: vec![Type::Long],
                    span: Span::default(),
                },
            ],
        },
        vec![
            Column::new("EventName1", Type::String),
            Column::new("TimeGenerated", Type::DateTime),
            Column::new("AwsEventId", Type::String),
            Column::new("n", Type::Long),
            Column::new("m", Type::Long),
        ],
    );
    let s = rel(
        Op::Sort {
            input: s.clone(),
            keys: vec![SortKey {
                expr: c("n", Type::Long),
                descending: true,
                nulls_first: false,
            }],
        },
        s.columns.clone(),
    );
    let q = CheckedQuery {
        root: s,
        tables: vec![],
        external_uris: vec![],
        render: None,
        ago_ticks: vec![],
    };
    let engine = engine();
    let ev = Evaluation::at(START).with_window(START, START + 100 * MINUTE);
    let plan = engine.plan(&q, &ev).unwrap();
    println!("{}", plan.display_indent());
    println!(
        "{}",
        engine
            .session()
            .state()
            .optimize(&plan)
            .unwrap()
            .display_indent()
    );
    let phys = engine.physical(&plan).unwrap();
    println!(
        "{}",
        datafusion::physical_plan::displayable(phys.as_ref()).indent(false)
    );
    let batches = engine.collect(phys.clone()).unwrap();
    println!("{:?}", rows::batches_to_rows(&batches, &q.root.columns));
    let batches = engine.collect(phys).unwrap();
    println!("{:?}", rows::batches_to_rows(&batches, &q.root.columns));
}
