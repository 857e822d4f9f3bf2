//! Carries notices: starts and ends the commands that `deliveries` asks for.
//!
//! Never waits for one. A text reaches NOTIFYCMD as one word that no shell looks into (NUT 2.8.5 puts
//! it into the shell's text), and `wall` by its standard input.

use crate::action::Time;
use crate::deliveries::{Deliveries, End, Load, Run, Step};
use crate::notices::Notice;
use crate::tell::tell;
use nut_daemon::errno::errno_text;
use nut_daemon::processes::{Handle, Job, Output, Processes};
use std::collections::BTreeMap;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// The commands under way.
#[derive(Debug, Default)]
pub struct Carrier {
    deliveries: Deliveries,
    processes: Processes,
    runs: BTreeMap<Handle, Run>,
}

impl Carrier {
    /// NOTIFYCMD for the notices to come.
    pub fn set_command(&mut self, command: Option<String>) {
        self.deliveries.set_command(command);
    }

    /// Carries a notice where its flags say.
    pub fn notice(&mut self, now: Time, notice: &Notice) {
        let steps = self.deliveries.notice(now, notice);
        self.perform(now, steps);
    }

    /// Writes on all terminals, whatever any flags say.
    pub fn wall(&mut self, now: Time, text: &str) {
        let steps = self.deliveries.wall(now, text);
        self.perform(now, steps);
    }

    /// Some child of the process has ended (SIGCHLD).
    pub fn on_child(&mut self, now: Time) {
        for (handle, status) in self.processes.reap() {
            if let Some(run) = self.runs.remove(&handle) {
                let steps = self.deliveries.ended(now, run, &end(status));
                self.perform(now, steps);
            }
        }
    }

    /// When [`Carrier::tick`] has something to do, if ever.
    pub fn next_deadline(&self) -> Option<Time> {
        self.deliveries.next_deadline()
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Time) {
        let steps = self.deliveries.tick(now);
        self.perform(now, steps);
    }

    /// Starts everything that still waits; nothing is waited for.
    pub fn flush(&mut self, now: Time) {
        let steps = self.deliveries.flush(now);
        self.perform(now, steps);
    }

    fn perform(&mut self, now: Time, mut steps: Vec<Step>) {
        while !steps.is_empty() {
            for step in std::mem::take(&mut steps) {
                match step {
                    Step::Log(level, text) => tell(level, &text),
                    Step::Kill(run) => self.kill(run),
                    Step::Start(run, load) => {
                        if let Err(error) = self.start(run, &load) {
                            let end = End::NotStarted(errno_text(&error));
                            steps.extend(self.deliveries.ended(now, run, &end));
                        }
                    }
                }
            }
        }
    }

    fn start(&mut self, run: Run, load: &Load) -> io::Result<()> {
        let handle = self.processes.start(&job(load))?;
        self.runs.insert(handle, run);
        Ok(())
    }

    fn kill(&self, run: Run) {
        let known = self.runs.iter().find(|(_, known)| **known == run);
        known.into_iter().for_each(|(handle, _)| self.processes.kill(*handle));
    }
}

/// The command for a load. It heads a process group, so that killing it leaves nothing behind.
pub fn job(load: &Load) -> Job {
    match load {
        Load::Wall { text } => Job::program("wall").input(format!("{text}\n")).own_group(),
        Load::Exec { command, kind, ups, text } => Job::shell(format!("{command} \"$1\""))
            .arg(text)
            .variable("NOTIFYTYPE", kind.word())
            .variable("UPSNAME", ups)
            .output(Output::Inherited)
            .own_group(),
    }
}

/// How a command ended.
pub fn end(status: io::Result<ExitStatus>) -> End {
    match status.map(|status| (status.code(), status.signal())) {
        Ok((Some(code), _)) => End::Status(code),
        Ok((None, signal)) => End::Signal(signal.unwrap_or(0)),
        Err(error) => End::NotStarted(errno_text(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notices::{Flags, Kind};
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::time::{Duration, Instant};

    const PATIENCE: Duration = Duration::from_secs(60);

    /// A carrier whose NOTIFYCMD adds to a file, which is gone with it.
    struct Scene {
        carrier: Carrier,
        book: PathBuf,
    }

    impl Scene {
        fn new(name: &str, command: &str) -> Scene {
            let book = format!("upsmon-carrier-{name}-{}", std::process::id());
            let book = std::env::temp_dir().join(book);
            let mut carrier = Carrier::default();
            carrier.set_command(Some(command.replace("BOOK", &book.display().to_string())));
            Scene { carrier, book }
        }

        fn notice(&mut self, text: &str) {
            let flags = Flags { exec: true, ..Flags::NONE };
            let (kind, ups, text) = (Kind::Other, "u@h:1".to_owned(), text.to_owned());
            self.carrier.notice(Duration::ZERO, &Notice { kind, ups, text, flags });
        }

        /// What the commands wrote, when all have ended.
        fn told(mut self) -> String {
            let until = Instant::now() + PATIENCE;
            while !self.carrier.deliveries.is_idle() {
                assert!(Instant::now() < until, "{:?}", self.carrier);
                std::thread::sleep(Duration::from_millis(2));
                self.carrier.on_child(Duration::ZERO);
            }
            read(&self.book)
        }
    }

    impl Drop for Scene {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.book);
        }
    }

    fn read(book: &Path) -> String {
        fs::read_to_string(book).unwrap_or_default()
    }

    #[test]
    fn no_shell_looks_into_a_text() {
        let text = "a \" quote, $HOME, `id`, $(id), \\, ', ; exit | & * ~ # %s";
        let command = "printf '%s|' >> BOOK \"$NOTIFYTYPE\" \"$UPSNAME\" \"own word\"";
        let mut scene = Scene::new("quoting", command);
        scene.notice(text);
        assert_eq!(scene.told(), format!("OTHER|u@h:1|own word|{text}|"));
    }

    #[test]
    fn notices_arrive_in_their_order() {
        let mut scene = Scene::new("order", "printf '%s\\n' >> BOOK");
        let texts: Vec<String> = (0..30).map(|n| format!("notice {n}")).collect();
        texts.iter().for_each(|text| scene.notice(text));
        assert_eq!(scene.told().lines().collect::<Vec<_>>(), texts);
    }

    #[test]
    fn a_command_that_hangs_is_overtaken_and_at_last_killed() {
        let hang = "test hang = \"$1\" && sleep 1000; echo >> BOOK";
        let mut scene = Scene::new("hang", hang);
        scene.notice("hang");
        scene.notice("next");
        scene.carrier.tick(Duration::from_secs(5));
        let until = Instant::now() + PATIENCE;
        while !read(&scene.book).contains("next") {
            assert!(Instant::now() < until, "{:?}", scene.carrier);
            std::thread::sleep(Duration::from_millis(2));
        }
        scene.carrier.kill(Run(1));
        assert!(!scene.told().contains("hang"));
    }

    #[test]
    fn what_cannot_be_started_holds_up_nothing() {
        let mut scene = Scene::new("impossible", "printf '%s\\n' >> BOOK");
        scene.notice("no program takes a \0 in a word");
        scene.notice("fine");
        assert_eq!(scene.told(), "fine\n");
    }
}
