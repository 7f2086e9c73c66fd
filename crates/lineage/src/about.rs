//! The tree of one credential out of a large set, of which only what bears on it is read and built.
//!
//! In: events that can be asked for some of their rows. Out: a forest in which the credential, what it came from
//! and what it minted are as in the forest of all events. How: rows that show a name of the tree are read and a
//! forest is built of them; from it follows which names of other credentials bear on the tree as well
//! (`build/reach.rs`); rows that show these are read, until there are no new ones. Then every fact that the tree
//! was made from is there, and no other can change it.

use keyline_trail::Problems;

use crate::around::{Around, Names};
use crate::facts::Facts;
use crate::forest::Forest;
use crate::limits::ABOUT_ROUNDS;
use crate::outline::{Outline, Place};
use crate::production::Production;
use crate::sighting::is_key;

/// Events that need not be read whole.
pub trait Events {
    type Error;

    /// Takes the rows of all events into an outline.
    fn outline(&self, empty: Outline) -> Result<Outline, Self::Error>;

    /// The facts of the rows that [`Around::mark`] marks and of those at some places, but none that was taken
    /// before.
    fn take(&self, around: &Around, places: &[Place]) -> Result<Facts, Self::Error>;
}

impl Forest {
    /// The forest as far as the id of a key or of a credential is concerned: what it names, what that came from and
    /// what it minted are as in the forest of all events, once [`Forest::about`] has cut both down to it. Other
    /// credentials may be missing or incomplete. Nothing where the text is no such id, names nothing, or has to do
    /// with too much: then all has to be read.
    pub fn of_one<E: Events>(
        events: &E,
        text: &str,
        production: &Production,
        horizon: Option<i64>,
    ) -> Result<Option<(Forest, Problems)>, E::Error> {
        // Ids of keys have large letters, whoever types them.
        let (text, large) = (text.trim(), text.trim().to_ascii_uppercase());
        let text = if is_key(&large) { &large } else { text };
        let Some(mut around) = Around::of(text) else {
            return Ok(None);
        };
        let outline = events.outline(Outline::new(horizon).looking_for(&around))?;
        let mut tree = around.keys.clone();
        let mut facts = Facts::watching(production).with_horizon(horizon);
        let mut places = outline.others().to_vec();
        let mut before = Around::default();
        for _ in 0..ABOUT_ROUNDS {
            outline.expand(&mut around, std::mem::take(&mut tree));
            places.extend(outline.minted(&around));
            facts = facts.merge(events.take(&around.beyond(&before), &places)?);
            before = around.clone();
            let all = facts.clone().covering(&outline);
            let (forest, problems, reach) = Forest::build_reaching(all, production, text);
            let Some(reach) = reach else {
                return Ok(None);
            };
            if around.holds(&reach.around) {
                return Ok(Some((forest, problems)));
            }
            around.extend(&reach.around);
            tree = reach.tree;
            places.clear();
        }
        Ok(None)
    }
}

/// What bears on a tree.
pub(crate) struct Reach {
    pub around: Around,
    /// The keys of the tree itself.
    pub tree: Names,
}
