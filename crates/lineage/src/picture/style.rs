//! The colours of the pictures, once with their values for a file that stands alone, once as CSS
//! variables for a page that has a light and a dark face.
//!
//! Colour never carries a meaning of its own: it tells accounts apart, which the text beside it does
//! too; everything else is shape, pattern and line. Fonts are those that a reader has.

use std::fmt::Write;

/// Name, value on light paper, value on dark.
const COLOURS: &[(&str, &str, &str)] = &[
    ("paper", "#ffffff", "#11161c"),
    ("panel", "#f5f7f9", "#182028"),
    ("ink", "#1a2027", "#e7edf3"),
    ("muted", "#5a6672", "#9aa7b4"),
    ("line", "#d4dbe1", "#2e3944"),
    ("alarm", "#b3261e", "#ff9188"),
    ("works", "#1a6b3c", "#6fd39a"),
    ("a0", "#1f5fa8", "#79b4f5"),
    ("a0t", "#d3e3f5", "#1c3552"),
    ("a1", "#a85400", "#f0a860"),
    ("a1t", "#f9e2c8", "#48300f"),
    ("a2", "#0b6e63", "#5fcfc0"),
    ("a2t", "#cdece7", "#12403a"),
    ("a3", "#6a3db0", "#bd9bf0"),
    ("a3t", "#e5d9f5", "#362452"),
    ("a4", "#5f6a0c", "#c5cf68"),
    ("a4t", "#e9ecc4", "#363b10"),
    ("a5", "#4f5a66", "#aab6c2"),
    ("a5t", "#dfe4e9", "#2c353e"),
];

/// Tints for accounts; the last one is for all further accounts.
pub const ACCOUNT_TINTS: usize = 6;

pub const SANS: &str = "\"Inter\",\"Segoe UI\",system-ui,-apple-system,\"Helvetica Neue\",Arial,\
                        \"DejaVu Sans\",sans-serif";
pub const MONO: &str = "ui-monospace,\"SF Mono\",Menlo,Consolas,\"DejaVu Sans Mono\",monospace";

/// Where the values of colours come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// Written out, on light paper: not every viewer of SVG knows variables.
    Written,
    /// Variables of the page.
    Variables,
}

/// The class of an account's tint.
pub fn tint(account: usize) -> usize {
    account.min(ACCOUNT_TINTS - 1)
}

/// The variables of a page, light and dark; paper is always light when printed.
pub fn variables() -> String {
    let block = |value: fn(&(&str, &str, &str)) -> String| {
        COLOURS.iter().map(value).collect::<Vec<_>>().join(";")
    };
    let light = block(|(name, light, _)| format!("--{name}:{light}"));
    let dark = block(|(name, _, dark)| format!("--{name}:{dark}"));
    format!(
        ":root{{color-scheme:light dark;{light}}}\n\
         @media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
    )
}

/// The style sheet of a timeline.
pub fn timeline(values: Values) -> String {
    let colour = |name: &str| match values {
        Values::Variables => format!("var(--{name})"),
        Values::Written => COLOURS
            .iter()
            .find(|(known, ..)| *known == name)
            .map_or_else(String::new, |(_, light, _)| (*light).to_owned()),
    };
    let (paper, panel, ink) = (colour("paper"), colour("panel"), colour("ink"));
    let (muted, line, alarm) = (colour("muted"), colour("line"), colour("alarm"));
    let works = colour("works");
    let mut css = format!(
        ".kl text{{font-family:{SANS};font-size:12px;fill:{ink}}}\
         .kl .title{{font-size:21px;font-weight:650}}\
         .kl .headline{{font-size:14px;font-weight:600}}\
         .kl .key{{font-family:{MONO};font-weight:600}}\
         .kl .ended{{font-weight:400}}\
         .kl .muted,.kl .tick,.kl .label{{fill:{muted}}}\
         .kl .tick,.kl .label{{font-size:11px}}\
         .kl .day{{font-size:11px;font-weight:600}}\
         .kl .remark{{font-size:10.5px;fill:{alarm};font-weight:600}}\
         .kl .doubt{{font-size:10.5px;fill:{muted};font-style:italic}}\
         .kl .number{{font-size:9px;font-weight:600}}\
         .kl .works{{fill:{works};font-weight:600}}\
         .kl .dot{{fill:{works}}}\
         .kl .ring{{fill:none;stroke:{muted};stroke-width:1.4}}\
         .kl .paper{{fill:{paper}}}\
         .kl .stripe{{fill:{panel}}}\
         .kl .ahead{{fill:{ink};fill-opacity:.05}}\
         .kl .rule,.kl .guide,.kl .thread{{fill:none;stroke:{line}}}\
         .kl .guide{{stroke:{muted};stroke-width:1}}\
         .kl .skips{{stroke-dasharray:2 2}}\
         .kl .thread{{stroke:{muted};stroke-width:1;opacity:.75}}\
         .kl .now{{stroke:{ink};stroke-width:1.5;stroke-dasharray:5 3}}\
         .kl .now-label{{font-size:11px;font-weight:600}}\
         .kl .hatch{{stroke:{alarm};stroke-width:1.6;fill:none}}\
         .kl .speck{{fill:{ink}}}\
         .kl .failed{{stroke:{ink};stroke-width:.6}}\
         .kl .mark{{fill:{ink};stroke:{paper};stroke-width:1}}\
         .kl .alert{{fill:{alarm};stroke:{paper};stroke-width:1}}\
         .kl .halo{{stroke:{paper};stroke-width:5;fill:none;stroke-linecap:round}}\
         .kl .cross{{stroke:{ink};stroke-width:2.4;fill:none;stroke-linecap:round}}\
         .kl .again{{fill:{paper};stroke:{ink};stroke-width:2}}\
         .kl .bang{{stroke:{paper};stroke-width:1.8;fill:none;stroke-linecap:round}}\
         .kl .at-most{{fill:none;stroke-dasharray:4 3}}\
         .kl .line{{stroke:{muted};stroke-width:1.5}}"
    );
    for account in 0..ACCOUNT_TINTS {
        let (strong, light) = (
            colour(&format!("a{account}")),
            colour(&format!("a{account}t")),
        );
        // Writing to a `String` cannot fail.
        let _ = write!(
            css,
            ".kl .a{account} .bar{{stroke:{strong};stroke-width:1}}\
             .kl .a{account} .surely{{fill:{light}}}\
             .kl .a{account} .use,.kl .a{account} .beyond{{fill:{strong}}}"
        );
    }
    css
}
