//! Numbered places for sources, whose numbers tell a new tenant from an old one.
//!
//! Knows nothing of what it holds.

/// A listener or a connection of a [`super::Reactor`]. Never means another one later.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Ord, PartialOrd, Debug)]
pub struct Id {
    pub(super) index: usize,
    generation: u64,
}

/// Places that are reused, with identities that are not.
#[derive(Debug)]
pub(super) struct Slab<T> {
    places: Vec<(u64, Option<T>)>,
    free: Vec<usize>,
}

impl<T> Slab<T> {
    pub(super) fn new() -> Slab<T> {
        Slab { places: Vec::new(), free: Vec::new() }
    }

    /// The identity that the next [`Slab::insert`] will give.
    pub(super) fn next_id(&self) -> Id {
        match self.free.last() {
            Some(&index) => {
                let generation = self.places.get(index).map_or(0, |place| place.0);
                Id { index, generation }
            }
            None => Id { index: self.places.len(), generation: 0 },
        }
    }

    pub(super) fn insert(&mut self, item: T) -> Id {
        let id = self.next_id();
        match self.free.pop().and_then(|index| self.places.get_mut(index)) {
            Some(place) => place.1 = Some(item),
            None => self.places.push((0, Some(item))),
        }
        id
    }

    pub(super) fn remove(&mut self, id: Id) -> Option<T> {
        let place = self.places.get_mut(id.index).filter(|place| place.0 == id.generation)?;
        let item = place.1.take()?;
        place.0 += 1;
        self.free.push(id.index);
        Some(item)
    }

    pub(super) fn get_mut(&mut self, id: Id) -> Option<&mut T> {
        let place = self.places.get_mut(id.index).filter(|place| place.0 == id.generation)?;
        place.1.as_mut()
    }

    /// The identity of the present tenant of a place.
    pub(super) fn id_at(&self, index: usize) -> Option<Id> {
        let place = self.places.get(index)?;
        place.1.as_ref().map(|_| Id { index, generation: place.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_identity_finds_nothing_in_a_reused_place() {
        let mut slab = Slab::new();
        let a = slab.insert("a");
        assert_eq!(slab.remove(a), Some("a"));
        assert_eq!(slab.remove(a), None);
        let b = slab.insert("b");
        assert_eq!(b.index, a.index);
        assert!(slab.get_mut(a).is_none());
        assert_eq!(slab.get_mut(b), Some(&mut "b"));
        assert_eq!(slab.id_at(b.index), Some(b));
    }
}
