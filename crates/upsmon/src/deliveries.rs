//! Which command that carries a notice is started when, and what is told of it.
//!
//! `wall` and NOTIFYCMD each have a lane: there they start in the order of the notices, one after the
//! other, and one that takes long holds up the next for a few seconds only. (NUT 2.8.5 starts all at
//! once, and they overtake each other.) Starting and ending processes is for `carrier`. Pure.

use crate::action::{Level, Time};
use crate::notices::{Kind, Notice};
use std::collections::VecDeque;
use std::time::Duration;

/// How long a command may hold up the next one.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many commands of a lane run at once at most.
const AT_ONCE: usize = 64;
/// How many notices of a lane wait at most.
const WAITING: usize = 1024;
/// How much of a text is carried, in bytes. (NUT cuts at less.)
const TEXT: usize = 4000;
/// What the shell says of a command that it could not run.
const NOT_RUN: [i32; 2] = [126, 127];

/// Something to carry by a command.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Load {
    /// For all terminals.
    Wall {
        /// The message, without line end.
        text: String,
    },
    /// For NOTIFYCMD.
    Exec {
        /// NOTIFYCMD as it was when the notice came.
        command: String,
        /// NOTIFYTYPE
        kind: Kind,
        /// UPSNAME
        ups: String,
        /// The message.
        text: String,
    },
}

/// A command that was started. Not used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Run(pub u64);

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum End {
    /// By itself, with this status.
    Status(i32),
    /// By this signal.
    Signal(i32),
    /// It could not be started, and why.
    NotStarted(String),
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// Start the command for this.
    Start(Run, Load),
    /// End it at once; nobody asks how.
    Kill(Run),
    /// Log.
    Log(Level, String),
}

/// All that is being carried.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Deliveries {
    /// NOTIFYCMD
    command: Option<String>,
    wall: Lane,
    exec: Lane,
    started: u64,
    /// Nobody waits for anything any more.
    leaving: bool,
    /// It was told that there is no wall.
    no_wall: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Lane {
    waiting: VecDeque<Load>,
    /// Oldest first.
    running: VecDeque<Running>,
    /// How many were left out.
    left_out: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Running {
    run: Run,
    since: Time,
    name: String,
}

impl Load {
    /// For messages: what runs, and for which notice.
    pub fn name(&self) -> String {
        match self {
            Load::Wall { .. } => "wall".to_owned(),
            Load::Exec { kind, ups, .. } if ups.is_empty() => format!("NOTIFYCMD for {kind}"),
            Load::Exec { kind, ups, .. } => format!("NOTIFYCMD for {kind} of UPS [{ups}]"),
        }
    }
}

impl Deliveries {
    /// NOTIFYCMD for the notices to come.
    pub fn set_command(&mut self, command: Option<String>) {
        self.command = command;
    }

    /// Carries a notice where its flags say.
    pub fn notice(&mut self, now: Time, notice: &Notice) -> Vec<Step> {
        let mut steps = Vec::new();
        let text = beginning(&notice.text);
        if notice.flags.syslog {
            steps.push(Step::Log(Level::Notice, text.to_owned()));
        }
        if notice.flags.wall {
            self.wall.add(Load::Wall { text: text.to_owned() }, &mut steps);
        }
        if let Some(command) = self.command.clone().filter(|_| notice.flags.exec) {
            let (kind, ups) = (notice.kind, notice.ups.clone());
            self.exec.add(Load::Exec { command, kind, ups, text: text.to_owned() }, &mut steps);
        }
        // Whatever is slow, this one has to be carried before FINALDELAY is over.
        if notice.kind == Kind::Shutdown {
            self.hurry(now, &mut steps);
        }
        self.go_on(now, &mut steps);
        steps
    }

    /// Writes on all terminals, whatever any flags say; a blank line follows, as in NUT 2.8.5.
    pub fn wall(&mut self, now: Time, text: &str) -> Vec<Step> {
        let mut steps = Vec::new();
        self.wall.add(Load::Wall { text: format!("{}\n", beginning(text)) }, &mut steps);
        self.go_on(now, &mut steps);
        steps
    }

    /// A command has ended, or did not even start.
    pub fn ended(&mut self, now: Time, run: Run, end: &End) -> Vec<Step> {
        let mut steps = Vec::new();
        if let Some(running) = self.wall.take(run) {
            steps.extend(self.wall_ended(&running, end));
        } else if let Some(running) = self.exec.take(run) {
            steps.extend(exec_ended(&running, end));
        }
        self.go_on(now, &mut steps);
        steps
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Time) -> Vec<Step> {
        let mut steps = Vec::new();
        self.go_on(now, &mut steps);
        steps
    }

    /// The program ends: what waits is started, and from now on at once.
    pub fn flush(&mut self, now: Time) -> Vec<Step> {
        self.leaving = true;
        self.tick(now)
    }

    /// When [`Deliveries::tick`] has something to do; none while nothing waits.
    pub fn next_deadline(&self) -> Option<Time> {
        [&self.wall, &self.exec].into_iter().filter_map(Lane::held_until).min()
    }

    /// Whether nothing runs and nothing waits.
    pub fn is_idle(&self) -> bool {
        [&self.wall, &self.exec].iter().all(|l| l.running.is_empty() && l.waiting.is_empty())
    }

    /// Starts what waits, still in order.
    fn hurry(&mut self, now: Time, steps: &mut Vec<Step>) {
        let was = std::mem::replace(&mut self.leaving, true);
        self.go_on(now, steps);
        self.leaving = was;
    }

    fn go_on(&mut self, now: Time, steps: &mut Vec<Step>) {
        for lane in [&mut self.wall, &mut self.exec] {
            if self.leaving {
                // Thousands at once would bring down no host but this one.
                lane.keep(AT_ONCE, steps);
            }
            while self.leaving || !lane.is_held(now) {
                let Some(load) = lane.waiting.pop_front() else { break };
                if !self.leaving {
                    lane.make_room(now, steps);
                }
                self.started += 1;
                lane.start(Run(self.started), now, load, steps);
            }
        }
    }

    /// A host without wall is told once.
    fn wall_ended(&mut self, running: &Running, end: &End) -> Option<Step> {
        match end {
            End::NotStarted(why) => {
                let known = std::mem::replace(&mut self.no_wall, true);
                let level = if known { Level::Debug(1) } else { Level::Notice };
                Some(Step::Log(level, format!("Can't invoke wall: {why}")))
            }
            _ => failure(running, end).map(|text| Step::Log(Level::Debug(1), text)),
        }
    }
}

impl Lane {
    fn add(&mut self, load: Load, steps: &mut Vec<Step>) {
        self.keep(WAITING - 1, steps);
        self.waiting.push_back(load);
    }

    /// Leaves out the oldest that wait, but for so many. The more there were the fewer words of it.
    fn keep(&mut self, most: usize, steps: &mut Vec<Step>) {
        while self.waiting.len() > most {
            let Some(oldest) = self.waiting.pop_front() else { return };
            self.left_out += 1;
            if self.left_out.is_power_of_two() {
                let (name, n) = (oldest.name(), self.left_out);
                let text = format!("{name} is left out: too many wait before it ({n} so far)");
                steps.push(Step::Log(Level::Warning, text));
            }
        }
    }

    fn make_room(&mut self, now: Time, steps: &mut Vec<Step>) {
        if self.running.len() < AT_ONCE {
            return;
        }
        if let Some(oldest) = self.running.pop_front() {
            let age = now.saturating_sub(oldest.since).as_secs();
            let text = format!("{} does not end: killed after {age} s", oldest.name);
            steps.extend([Step::Log(Level::Warning, text), Step::Kill(oldest.run)]);
        }
    }

    fn start(&mut self, run: Run, now: Time, load: Load, steps: &mut Vec<Step>) {
        self.running.push_back(Running { run, since: now, name: load.name() });
        steps.push(Step::Start(run, load));
    }

    /// Whether the latest command is still given time alone.
    fn is_held(&self, now: Time) -> bool {
        self.running.back().is_some_and(|latest| now < latest.since + PATIENCE)
    }

    fn held_until(&self) -> Option<Time> {
        self.waiting.front()?;
        self.running.back().map(|latest| latest.since + PATIENCE)
    }

    fn take(&mut self, run: Run) -> Option<Running> {
        let at = self.running.iter().position(|running| running.run == run)?;
        self.running.remove(at)
    }
}

fn exec_ended(running: &Running, end: &End) -> Option<Step> {
    let not_run = match end {
        End::Status(status) => NOT_RUN.contains(status),
        End::Signal(_) => false,
        End::NotStarted(_) => true,
    };
    let level = if not_run { Level::Warning } else { Level::Debug(1) };
    failure(running, end).map(|text| Step::Log(level, text))
}

fn failure(running: &Running, end: &End) -> Option<String> {
    let name = &running.name;
    Some(match end {
        End::Status(0) => return None,
        End::Status(status) => format!("{name} ended with status {status}"),
        End::Signal(signal) => format!("{name} was ended by signal {signal}"),
        End::NotStarted(why) => format!("{name} could not be started: {why}"),
    })
}

/// As much of a text as is carried.
fn beginning(text: &str) -> &str {
    let end = (0..=TEXT.min(text.len())).rev().find(|&at| text.is_char_boundary(at));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
