//! A part of the state that many states share, with its hash at hand.
//!
//! A step changes one host; copying and hashing the others again would be most of the work.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

#[derive(Debug, Clone)]
pub(super) struct Shared<T>(Arc<(u64, T)>);

impl<T: Hash> Shared<T> {
    pub(super) fn new(value: T) -> Shared<T> {
        let mut hasher = DefaultHasher::new();
        value.hash(&mut hasher);
        Shared(Arc::new((hasher.finish(), value)))
    }

    /// Orders equal values next to each other, and means nothing else.
    pub(super) fn key(&self) -> u64 {
        self.0.0
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.1
    }
}

impl<T> Hash for Shared<T> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(self.0.0);
    }
}

impl<T: PartialEq> PartialEq for Shared<T> {
    fn eq(&self, other: &Shared<T>) -> bool {
        self.0.0 == other.0.0 && self.0.1 == other.0.1
    }
}
