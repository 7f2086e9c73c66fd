//! A list that mostly has one element, which then stands in the list itself: a credential is used from one
//! address with one agent, and there may be a million of them.

use std::ops::{Deref, DerefMut};

#[derive(Clone, Debug, Default)]
pub(crate) enum Few<T> {
    #[default]
    None,
    One(T),
    /// Boxed, so that a list of one is not larger for those of many.
    #[allow(clippy::box_collection)]
    Many(Box<Vec<T>>),
}

impl<T> Few<T> {
    pub(crate) fn push(&mut self, value: T) {
        *self = match std::mem::take(self) {
            Few::None => Few::One(value),
            Few::One(first) => Few::Many(Box::new(vec![first, value])),
            Few::Many(mut all) => {
                all.push(value);
                Few::Many(all)
            }
        };
    }

    pub(crate) fn truncate(&mut self, most: usize) {
        if let Few::Many(all) = self {
            all.truncate(most);
        }
    }
}

impl<T> Deref for Few<T> {
    type Target = [T];

    #[inline(always)]
    fn deref(&self) -> &[T] {
        match self {
            Few::None => &[],
            Few::One(value) => std::slice::from_ref(value),
            Few::Many(all) => all,
        }
    }
}

impl<T> DerefMut for Few<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T] {
        match self {
            Few::None => &mut [],
            Few::One(value) => std::slice::from_mut(value),
            Few::Many(all) => all,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Few;

    #[test]
    fn grows_and_is_cut() {
        let mut list = Few::default();
        for number in 0..4 {
            assert_eq!(list.len(), number);
            list.push(number);
        }
        list[1] = 9;
        list.truncate(2);
        assert_eq!(list[..], [0, 9]);
        assert!(size_of::<Few<u32>>() <= 16);
    }
}
