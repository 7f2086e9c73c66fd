//! What people write out of the habit of another language, and how it is said in KQL.
//!
//! In: a word that means nothing where it stands. Out: the help that goes with the error. Deliberately
//! not here: misspelt words, for which the nearest known one is looked up.

/// A word in the place of an operator: `T | select a`.
pub(crate) fn operator(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().as_str() {
        "select" | "fields" | "table" | "columns" | "keep" => {
            "columns are chosen by `project a, b`"
        }
        "from" => "a query begins with its table: `T | where …`",
        "group" | "groupby" | "aggregate" | "stats" | "tstats" => {
            "rows are grouped by `summarize count() by a`"
        }
        "having" | "filter_by" => "what came of `summarize` is filtered by another `where`",
        "eval" | "let" | "with" | "withcolumn" | "add" => {
            "a column is added by `extend name = expression`"
        }
        "grep" | "contains" | "match" => "all columns are searched by `where * has 'text'`",
        "dedup" | "unique" | "uniq" => "different rows are `distinct a, b`",
        "head" | "first" => "some rows are `take 10`, the first of an order `top 10 by a`",
        "tail" | "last" => "the last of an order are `top 10 by a desc`",
        "orderby" | "sortby" => "rows are ordered by `sort by a`",
        "rename" => "columns are renamed by `project-rename new = old`",
        "drop" | "remove" => "columns are left out by `project-away a`",
        "rex" | "regex" => "parts of a text are found by `extend x = extract('(a+)', 1, text)`",
        "explode" | "unnest" | "flatten" | "mvexpand_all" => {
            "an array becomes rows by `mv-expand a`"
        }
        "timechart" | "chart" => "write `summarize count() by bin(t, 1h) | render timechart`",
        "rare" => "the rarest values are `summarize count() by a | top 10 by count_ asc`",
        "insert" | "update" | "delete" | "create" => "a query reads: it changes nothing",
        _ => return None,
    })
}

/// A word after an operand, where the operator or its list ends.
pub(crate) fn after_operand(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().as_str() {
        "is" => {
            "whether there is a value say `isnull(x)` and `isnotnull(x)`, of a text `isempty(x)`"
        }
        "matches" | "regexp" | "rlike" | "regex" => "write `matches regex`",
        "hasany" | "containsany" | "contains_any" => "write `has_any`",
        "hasall" | "contains_all" => "write `has_all`",
        "equals" | "eq" => "to compare, write `==`, or `=~` regardless of case",
        "ne" => "write `!=`, or `!~` regardless of case",
        "starts_with" | "beginswith" => "write `startswith`",
        "ends_with" => "write `endswith`",
        "includes" | "contain" => "write `contains`, or `has` for a whole word",
        "notcontains" => "write `!contains`",
        "then" => "a choice is a function: `iff(condition, a, b)`",
        "div" => "to divide, write `/`",
        "mod" => "the rest of a division is `%`",
        _ => return None,
    })
}

/// A word after a number: `ago(1 day)`.
pub(crate) fn unit(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    let singular = word.strip_suffix('s').unwrap_or(&word);
    matches!(
        singular,
        "d" | "day" | "h" | "hour" | "minute" | "min" | "second" | "sec" | "week" | "month"
    )
    .then_some("a timespan is one word: `7d`, `12h`, `30m`, `10s`")
}

/// A name that is no column.
pub(crate) fn name(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().as_str() {
        "null" | "nil" | "none" => {
            "whether there is a value say `isnull(x)` and `isnotnull(x)`, of a text `isempty(x)`"
        }
        "nan" => "whether a real is one says `isnan(x)`; it is written `real(nan)`",
        "count" => "rows are counted by `count()`",
        "today" | "current_date" => "the day that began is `startofday(now())`",
        "current_timestamp" | "sysdate" => "the time of the evaluation is `now()`",
        "_time" | "timestamp" | "@timestamp" => "the time of an event is `TimeGenerated`",
        _ => return None,
    })
}

/// A function that other languages have.
pub(crate) fn function(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().as_str() {
        "len" | "length" | "char_length" => {
            "the length of a text is `strlen()`, of an array `array_length()`"
        }
        "size" | "cardinality" | "mvcount" => "the length of an array is `array_length()`",
        "upper" | "ucase" => "write `toupper()`",
        "lower" | "lcase" => "write `tolower()`",
        "concat" | "concat_ws" => "texts are joined by `strcat()` and `strcat_delim()`",
        "substr" | "left" | "right" | "mid" => {
            "a part of a text is `substring(text, start, length)`"
        }
        "ifnull" | "nvl" | "isnull_or" => "the first of several that is no null is `coalesce()`",
        "if" | "ifelse" | "if_else" | "when" => "write `iff(condition, a, b)`",
        "switch" | "decode" => "write `case(condition, value, …, otherwise)`",
        "cast" | "convert" | "try_cast" => {
            "values are converted by `tostring()`, `tolong()`, `todatetime()` and their like"
        }
        "str" | "string" | "to_string" | "to_char" => {
            "write `tostring()`, of a time `format_datetime()`"
        }
        "regexp_extract" | "regex_extract" | "regexextract" => {
            "write `extract(regex, group, text)`"
        }
        "regexmatch" | "regex_match" | "regexp_like" | "regexp_matches" | "match" | "like" => {
            "an operator tells: `text matches regex '…'`"
        }
        "regexp_replace" | "regex_replace" => "write `replace_regex(text, regex, rewrite)`",
        "startswith" | "endswith" | "contains" | "has" => {
            "it is an operator: it stands between its operands, as in `text has 'a'`"
        }
        "date_trunc" | "trunc" | "datetrunc" => "write `bin(time, 1h)`, or `startofday(time)`",
        "datediff" | "date_diff" => "write `datetime_diff('hour', later, earlier)`, or subtract",
        "dateadd" | "date_add" => "write `datetime_add('hour', 1, time)`, or add `1h`",
        "hour" => "write `hourofday(time)`",
        "day" => {
            "the day of the month is `dayofmonth(time)`; the day on which it began `startofday(time)`"
        }
        "weekday" | "day_of_week" => "write `dayofweek(time)`, a timespan: `0d` is Sunday",
        "month" => "write `monthofyear(time)`",
        "year" => "write `getyear(time)`",
        "week" => "write `week_of_year(time)`",
        "minute" | "second" | "quarter" | "date_part" | "datepart" => {
            "write `datetime_part('minute', time)`"
        }
        "to_date" | "to_timestamp" | "strptime" => "write `todatetime(text)`",
        "from_unixtime" | "to_datetime" => "write `unixtime_seconds_todatetime(number)`",
        "cidrmatch" | "cidr_match" | "ip_in_range" | "incidr" => {
            "write `ipv4_is_in_range(address, network)`"
        }
        "isin" => "write `x in ('a', 'b')`",
        "json_extract" | "get_json_object" | "spath" | "json_value" => {
            "write `parse_json(text).name`"
        }
        "base64_decode" | "unbase64" => "write `base64_decode_tostring(text)`",
        "md5" => "write `hash_md5(value)`",
        "sha1" => "write `hash_sha1(value)`",
        "sha256" => "write `hash_sha256(value)`",
        "floor_time" | "bucket" | "time_bucket" => "write `bin(time, 1h)`",
        "distinct" => "different values are counted by `dcount()` and listed by `make_set()`",
        "mean" | "average" => "write `avg()`",
        "std" | "stddev" => "write `stdev()`",
        "var" => "write `variance()`",
        "median" => "write `percentile(x, 50)`",
        "values" | "collect" | "collect_set" | "array_distinct" => "write `make_set()`",
        "collect_list" | "array_agg" | "group_concat" | "listagg" | "string_agg" => {
            "write `make_list()`, and `strcat_array()` around it for a text"
        }
        "first" | "last" | "any_value" | "earliest" | "latest" => {
            "the row with the greatest is `arg_max(x, *)`, with the least `arg_min(x, *)`, any one `take_any(*)`"
        }
        "ntile" | "rank" | "dense_rank" => "rows in order are numbered by `row_rank_dense()`",
        "lag" => "the row before is `prev(x)`, after `sort`",
        "lead" => "the row after is `next(x)`, after `sort`",
        "exists" => "write `isnotempty(x)`",
        _ => return None,
    })
}

/// A character that belongs to another language.
pub(crate) fn character(text: &str) -> Option<&'static str> {
    Some(match text {
        "\u{2018}" | "\u{2019}" | "\u{201c}" | "\u{201d}" => "use plain quotes, `'` or `\"`",
        "\u{2013}" | "\u{2014}" => "use a plain hyphen, `-`",
        "&" => "conditions are joined by `and`",
        "!" => "a condition is turned round by `not(…)`",
        "#" => "a comment begins with `//`",
        _ => return None,
    })
}
