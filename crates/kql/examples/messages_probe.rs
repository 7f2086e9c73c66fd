use keyline_kql::{parse::parse, span::line_column};
fn main() {
    let text = std::fs::read_to_string("/tmp/msgs.json").unwrap();
    let queries: Vec<String> = serde_json::from_str(&text).unwrap();
    for query in queries {
        println!("{query}");
        for d in parse(&query).1 {
            let (l, c) = line_column(&query, d.primary.start);
            println!("    {l}:{c} {} {} [{}] {}", d.code, d.message, d.help.unwrap_or_default(), d.fix.unwrap_or("-".into()));
        }
    }
}
