//! One poll: which variables are still to be asked for, and what the others said.
//!
//! Knows NUT 2.8.5's order of them. What a refused status means is for the link. Pure.

use super::question::Field;
use crate::action::Sample;
use nut_proto::status::{Status, Token};
use std::collections::VecDeque;

/// A poll under way.
#[derive(Debug)]
pub(super) struct Poll {
    /// What the core wants besides.
    wanted: Vec<String>,
    todo: VecDeque<Field>,
    sample: Sample,
}

/// How far a poll is.
#[derive(Debug)]
pub(super) enum Progress {
    More,
    Whole(Sample),
    /// The status holds no word.
    Empty,
}

impl Poll {
    pub(super) fn new(variables: Vec<String>) -> Poll {
        let fixed = [Field::Status, Field::Buzzwords, Field::ExperimentalBuzzwords];
        let todo = fixed.into_iter().chain(variables.iter().cloned().map(Field::Wanted)).collect();
        Poll { wanted: variables, todo, sample: Sample::default() }
    }

    /// The same poll from its beginning.
    pub(super) fn anew(self) -> Poll {
        Poll::new(self.wanted)
    }

    /// What is known of the status and of what was asked for behind it, though not all; none without
    /// a status.
    pub(super) fn known(self) -> Option<Sample> {
        Some(self.sample).filter(|sample| !sample.status.is_empty())
    }

    /// What to ask for next.
    pub(super) fn next(&mut self) -> Option<Field> {
        self.todo.pop_front()
    }

    /// Takes a value, none where the server would not give it.
    pub(super) fn take(&mut self, field: Field, value: Option<String>) -> Progress {
        match (field, value) {
            (Field::Status, status) => {
                let text = status.unwrap_or_default();
                let status = Status::parse(&text);
                if status.is_empty() {
                    return Progress::Empty;
                }
                if status.has(Token::Alarm) {
                    self.todo.push_back(Field::Alarm);
                }
                self.sample.status = text;
            }
            (_, None) => {}
            (Field::Alarm, alarm) => self.sample.alarm = alarm,
            (Field::Wanted(name), Some(value)) => {
                self.sample.variables.insert(name, value);
            }
            (Field::Buzzwords | Field::ExperimentalBuzzwords, Some(words)) => {
                self.add_buzzwords(&words);
            }
        }
        match self.todo.is_empty() {
            true => Progress::Whole(std::mem::take(&mut self.sample)),
            false => Progress::More,
        }
    }

    fn add_buzzwords(&mut self, words: &str) {
        let all = &mut self.sample.buzzwords;
        if !all.is_empty() && !words.is_empty() {
            all.push(' ');
        }
        all.push_str(words);
    }
}
