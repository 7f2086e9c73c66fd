//! What the signs of a timeline mean: those that occur in it, and the accounts by their tints.
//!
//! In: a scene. Out: lines of samples with their words, below the rows.

use crate::picture::layout::{
    BAR_MIDDLE, Bar, Holds, Known, MARGIN, Mark, MarkKind, Scene, TREE_LEFT, UseColumn, WIDTH,
};
use crate::picture::signs::{put, px, write_bar, write_mark, write_uses};
use crate::picture::style::{ACCOUNT_TINTS, tint};
use crate::picture::text::{cut, pixels, visible, xml};

/// The size of the words beside the samples.
const LABEL: f64 = 11.0;
/// The height of a line of samples.
const LEGEND_LINE: f64 = 20.0;

/// Samples and where they stand.
pub struct Legend {
    /// Where each stands, from the left and from the top of the legend.
    signs: Vec<(f64, f64, Sign)>,
    pub height: f64,
}

#[derive(Clone)]
enum Sign {
    Bar(Known, Holds),
    Use,
    Failed,
    Mark(MarkKind),
    Beyond,
    Account(usize, String),
}

impl Sign {
    fn words(&self) -> String {
        let words = match self {
            Sign::Bar(known, holds) => of_bar(*known, *holds),
            Sign::Use => "used",
            Sign::Failed => "calls failed",
            Sign::Mark(kind) => of_mark(*kind),
            Sign::Beyond => "valid beyond the edge",
            Sign::Account(_, account) => return account.clone(),
        };
        words.to_owned()
    }
}

/// What a bar says.
pub(super) fn of_bar(known: Known, holds: Holds) -> &'static str {
    match (known, holds) {
        (Known::Surely, Holds::Duly) => "valid",
        (Known::AtMost, Holds::Duly) => "valid at the most",
        (_, Holds::Outliving) => "valid although something above it is off",
    }
}

/// What a mark says.
pub(super) fn of_mark(kind: MarkKind) -> &'static str {
    match kind {
        MarkKind::Alert => "alert",
        MarkKind::Mints => "mints a credential",
        MarkKind::Off => "off, revoked or deleted",
        MarkKind::On => "on again",
        MarkKind::UsedAfterRevocation => "used after revocation",
    }
}

/// The legend of a scene.
pub fn legend(scene: &Scene) -> Legend {
    let mut signs = vec![Sign::Bar(Known::Surely, Holds::Duly)];
    let mut add = |sign: Sign, occurs: bool| {
        if occurs {
            signs.push(sign);
        }
    };
    add(
        Sign::Use,
        scene.has_use(|column| column.height > column.failed),
    );
    add(Sign::Failed, scene.has_use(|column| column.failed > 0.0));
    add(
        Sign::Bar(Known::AtMost, Holds::Duly),
        scene.has_bar(|bar| bar.known == Known::AtMost && bar.holds == Holds::Duly),
    );
    let outliving = scene.has_bar(|bar| bar.holds == Holds::Outliving);
    add(Sign::Bar(Known::Surely, Holds::Outliving), outliving);
    for kind in scene.marks() {
        add(Sign::Mark(kind), true);
    }
    add(
        Sign::Beyond,
        scene
            .lanes
            .iter()
            .any(|lane| lane.goes_on || lane.came_before),
    );
    let mut placed = Vec::new();
    let (mut x, mut y) = (TREE_LEFT, 0.0);
    let mut put_down = |sign: Sign, x: &mut f64, y: &mut f64| {
        let width = 30.0 + pixels(&sign.words(), LABEL) + 12.0;
        if *x + width > WIDTH - MARGIN {
            *x = TREE_LEFT;
            *y += LEGEND_LINE;
        }
        placed.push((*x, *y, sign));
        *x += width;
    };
    for sign in signs {
        put_down(sign, &mut x, &mut y);
    }
    if scene.accounts.len() > 1 {
        (x, y) = (TREE_LEFT, y + LEGEND_LINE);
        for (at, account) in scene.accounts.iter().enumerate().take(ACCOUNT_TINTS) {
            let name = match at + 1 == ACCOUNT_TINTS {
                true => "other accounts".to_owned(),
                false => cut(&visible(account), 24),
            };
            put_down(Sign::Account(at, name), &mut x, &mut y);
        }
    }
    Legend {
        signs: placed,
        height: y + LEGEND_LINE,
    }
}

impl Legend {
    pub fn write(&self, out: &mut String, top: f64) {
        for (x, y, sign) in &self.signs {
            let middle = top + y;
            let account = match sign {
                Sign::Account(account, _) => *account,
                _ => 0,
            };
            put(out, format_args!("<g class=\"a{}\">", tint(account)));
            let sample = |known, holds| Bar {
                left: *x,
                right: x + 24.0,
                known,
                holds,
            };
            match sign {
                Sign::Bar(known, holds) => write_bar(out, &sample(*known, *holds), middle),
                Sign::Account(..) => write_bar(out, &sample(Known::Surely, Holds::Duly), middle),
                Sign::Use | Sign::Failed => {
                    write_bar(out, &sample(Known::Surely, Holds::Duly), middle);
                    let failed = if matches!(sign, Sign::Failed) {
                        0.6
                    } else {
                        0.0
                    };
                    let column = UseColumn {
                        left: x + 5.0,
                        right: x + 19.0,
                        height: 0.6,
                        failed,
                    };
                    write_uses(out, &[column], middle);
                }
                Sign::Mark(kind) => {
                    let lift = match kind {
                        MarkKind::Alert => 7.0,
                        MarkKind::Mints => -9.0,
                        _ => 0.0,
                    };
                    let mark = Mark {
                        x: x + 12.0,
                        kind: *kind,
                        number: 1,
                    };
                    write_mark(out, &mark, middle - BAR_MIDDLE + lift);
                }
                Sign::Beyond => {
                    let (x, y) = (px(x + 9.0), px(middle - 6.0));
                    put(
                        out,
                        format_args!("<path class=\"beyond\" d=\"M{x} {y}l7 6l-7 6z\"/>"),
                    );
                }
            }
            put(
                out,
                format_args!(
                    "<text class=\"label\" x=\"{}\" y=\"{}\">{}</text></g>\n",
                    px(x + 30.0),
                    px(middle + 4.0),
                    xml(&sign.words())
                ),
            );
        }
    }
}
