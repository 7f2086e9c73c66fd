use keyline_kql::parse::parse;
fn main() {
    for line in std::io::stdin().lines() {
        let case: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        let d = parse(case["query"].as_str().unwrap()).1;
        println!("{}", serde_json::json!({"id": case["id"], "code": d.first().map(|d| format!("{} {}", d.code, d.message))}));
    }
}
